namespace Savevm.Qemu.CommandLine;

/// <summary>
/// Character devices of the new QEMU: whatever listens, writes a file or belongs to a terminal gets a fresh place in the run
/// directory; whatever calls out is left as it is.
/// </summary>
/// <remarks>
/// A server on a TCP port becomes one on a unix socket: two QEMUs cannot have the same port, and a port chosen anew would be open
/// to every user of the host.
/// </remarks>
internal static class CharacterDeviceRebuild
{
    private const string Serve = ",server=on,wait=off";

    // Properties of a TCP server that mean nothing, or are refused, on a unix socket.
    private static readonly string[] TcpOnly =
    [
        "host", "port", "to", "ipv4", "ipv6", "nodelay", "delay", "telnet", "tn3270", "websocket", "tls-creds", "tls-authz", "fd",
        "abstract", "tight", "keep-alive", "mptcp",
    ];

    /// <summary>The argument of <c>-chardev</c>.</summary>
    public static string Chardev(string text, RebuildState state)
    {
        var value = OptionValue.Parse(text, "backend");
        string id = value.Text("id") ?? "chardev";
        RedirectLog(value, id, state);
        switch (value.Text("backend"))
        {
            case "socket" when value.IsOn("server"):
                string old = SocketName(value, state);
                value.Remove(TcpOnly);
                value.Set("path", state.Fresh(id, old));
                value.Set("wait", "off");
                break;
            case "socket" when value.Text("fd") is { } number:
                state.Refuse($"the character device {id} uses descriptor {number}, which QEMU inherited from whoever started it");
                break;
            case "socket":
                state.Note($"the character device {id} connects to {SocketName(value, state)} as the recorded QEMU does");
                break;
            case "file":
                Redirect(value, "path", id + ".out", state);
                break;
            case "stdio":
                string mux = value.IsOn("mux") ? ",mux=on" : string.Empty;
                string path = state.Fresh(id, $"stdio of {id}");
                return $"socket,id={OptionValue.Escape(id)},path={OptionValue.Escape(path)}{Serve}{mux}";
            case "pipe":
                state.Refuse($"the character device {id} uses the pipe {value.Text("path")}, which two QEMUs cannot share");
                break;
            case "udp":
                RefuseUdp(id, value.Text("localport") ?? value.Text("localaddr"), state);
                break;
            case "serial" or "parallel" or "tty" or "parport":
                state.Note($"the character device {id} uses the host's {value.Text("path")} as the recorded QEMU does");
                break;
        }

        return value.ToString();
    }

    /// <summary>The argument of <c>-serial</c>, <c>-qmp</c>, <c>-monitor</c> and their like: the older, colon-separated form.</summary>
    public static string Legacy(string text, string stem, RebuildState state)
    {
        if (text.StartsWith("mon:", StringComparison.Ordinal))
        {
            return "mon:" + Legacy(text[4..], stem, state);
        }

        if (text == "stdio")
        {
            return Unix(state.Fresh(stem, $"stdio of {stem}"));
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? text : text[..colon];
        string rest = colon < 0 ? string.Empty : text[(colon + 1)..];
        switch (kind)
        {
            case "unix" or "tcp" or "telnet" or "tn3270" or "websocket":
                var value = OptionValue.Parse(rest, "address");
                string address = value.Text("address") ?? string.Empty;
                string name = kind == "unix" ? state.Full(address) : $"{kind}:{address}";
                if (value.IsOn("server"))
                {
                    return Unix(state.Fresh(stem, name));
                }

                state.Note($"{stem} connects to {name} as the recorded QEMU does");
                return text;
            case "file":
                return "file:" + state.Fresh(stem + ".out", state.Full(rest));
            case "pipe":
                state.Refuse($"{stem} uses the pipe {rest}, which two QEMUs cannot share");
                return text;
            case "udp":
                RefuseUdp(stem, rest.Contains('@', StringComparison.Ordinal) ? rest[(rest.IndexOf('@', StringComparison.Ordinal) + 1)..] : null, state);
                return text;
            default:
                if (text.StartsWith('/'))
                {
                    state.Note($"{stem} uses the host's {text} as the recorded QEMU does");
                }

                return text;
        }
    }

    /// <summary>A server on a fresh unix socket, in the colon-separated form.</summary>
    public static string Unix(string path) => $"unix:{OptionValue.Escape(path)}{Serve}";

    /// <summary>Sends a file that QEMU would write to the run directory.</summary>
    public static void Redirect(OptionValue value, string property, string stem, RebuildState state)
    {
        if (value.Text(property) is { } path && !path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            value.Set(property, state.Fresh(stem, state.Full(path)));
        }
    }

    private static void RedirectLog(OptionValue value, string id, RebuildState state) => Redirect(value, "logfile", id + ".log", state);

    private static string SocketName(OptionValue value, RebuildState state) =>
        value.Text("path") is { } path ? state.Full(path)
        : value.Text("fd") is { } number ? $"descriptor {number}"
        : $"tcp:{value.Text("host")}:{value.Text("port")}";

    private static void RefuseUdp(string name, string? local, RebuildState state)
    {
        if (local is { Length: > 0 } and not "0")
        {
            state.Refuse($"{name} receives on the UDP port {local}, which two QEMUs cannot share");
        }
    }
}
