namespace Savevm.Qemu.CommandLine;

/// <summary>Displays of the new QEMU: servers move to unix sockets in the run directory, windows become none.</summary>
internal static class DisplayRebuild
{
    /// <summary>The argument of <c>-vnc</c>.</summary>
    public static string Vnc(string text, RebuildState state)
    {
        var value = OptionValue.Parse(text, "vnc");
        string address = value.Text("vnc") ?? string.Empty;
        if (address is "none" or "")
        {
            return text;
        }

        if (value.IsOn("reverse"))
        {
            state.Note($"-vnc {address} called a viewer; the resumed guest waits for one instead");
        }

        value.Remove("websocket", "to", "reverse", "ipv4", "ipv6");
        value.Set("vnc", "unix:" + state.Fresh("vnc", $"vnc {address}"));
        return value.ToString();
    }

    /// <summary>The argument of <c>-spice</c>.</summary>
    public static string Spice(string text, RebuildState state)
    {
        var value = OptionValue.Parse(text, "port");
        string old = value.IsOn("unix") ? state.Full(value.Text("addr") ?? string.Empty) : $"spice port {value.Text("port") ?? value.Text("tls-port")}";
        value.Remove("port", "tls-port", "addr", "ipv4", "ipv6", "unix", "tls-channel", "x509-dir", "x509-key-file", "x509-cert-file",
            "x509-cacert-file", "x509-key-password", "x509-dh-key-file", "tls-ciphers");
        value.Set("unix", "on");
        value.Set("addr", state.Fresh("spice", old));
        return value.ToString();
    }

    /// <summary>The argument of <c>-display</c>.</summary>
    public static string Display(string text, RebuildState state)
    {
        if (text.StartsWith("vnc=", StringComparison.Ordinal))
        {
            return "vnc=" + Vnc(text[4..], state);
        }

        string kind = OptionValue.Parse(text, "type").Text("type") ?? string.Empty;
        if (kind is "none" or "egl-headless" or "dbus")
        {
            return text;
        }

        state.Note($"-display {kind} became none: the resumed guest has no window; look at it through its monitor, or give -display after --");
        return "none";
    }
}
