namespace Savevm.Qemu.CommandLine;

/// <summary>Network backends of the new QEMU: forwarded ports get new numbers, inherited descriptors cannot be had again.</summary>
internal static class NetworkRebuild
{
    // Properties that carry descriptors which only the one who started QEMU can open.
    private static readonly string[] Descriptors = ["fd", "fds", "vhostfd", "vhostfds"];

    /// <summary>The argument of <c>-netdev</c>, <c>-nic</c> or <c>-net</c>.</summary>
    public static string Backend(string text, RebuildState state)
    {
        var value = OptionValue.Parse(text, "type");
        string type = value.Text("type") ?? string.Empty;
        string id = value.Text("id") ?? type;
        if (value.Names.FirstOrDefault(name => Descriptors.Contains(name)) is { } inherited)
        {
            state.Refuse($"the network backend {id} uses {inherited}={value.Text(inherited)}, a descriptor that QEMU inherited from whoever started it");
            return text;
        }

        value.Change("hostfwd", rule => Forward(rule, state));
        if (type == "stream" && value.IsOn("server"))
        {
            Server(value, id, state);
        }
        else if (type == "socket" && value.Text("listen") is { } listen)
        {
            string port = FormattableString.Invariant($"127.0.0.1:{state.FreePort("tcp", "127.0.0.1")}");
            state.Replaced[$"tcp:{listen}"] = $"tcp:{port}";
            value.Set("listen", port);
        }
        else if (type is "tap" or "bridge" or "vde" or "l2tpv3" or "vhost-user" or "vhost-vdpa" or "af-xdp" or "netmap" or "stream" or "dgram")
        {
            state.Note($"the network backend {id} ({type}) is opened as recorded; a second guest with the same MAC address on one network disturbs the first");
        }

        return value.ToString();
    }

    private static void Server(OptionValue value, string id, RebuildState state)
    {
        string kind = value.Text("addr.type") ?? string.Empty;
        if (kind == "unix")
        {
            value.Set("addr.path", state.Fresh(id, state.Full(value.Text("addr.path") ?? string.Empty)));
        }
        else if (kind == "inet" && !value.IsJson)
        {
            int port = state.FreePort("tcp", value.Text("addr.host") ?? string.Empty);
            state.Replaced[$"tcp:{value.Text("addr.host")}:{value.Text("addr.port")}"] = FormattableString.Invariant($"tcp:{value.Text("addr.host")}:{port}");
            value.Set("addr.port", port);
        }
        else
        {
            state.Refuse($"the network backend {id} listens on an address ({value.Text("addr.type") ?? "not plain"}) that two QEMUs cannot share");
        }
    }

    // [tcp|udp|unix]:[hostaddr]:hostport-[guestaddr]:guestport
    private static string Forward(string rule, RebuildState state)
    {
        int dash = rule.IndexOf('-', StringComparison.Ordinal);
        string host = dash < 0 ? rule : rule[..dash];
        int colon = host.LastIndexOf(':');
        if (dash < 0 || colon < 0 || host.StartsWith("unix", StringComparison.Ordinal))
        {
            state.Refuse($"the port forward {rule} is not understood");
            return rule;
        }

        string old = host[(colon + 1)..];
        if (old == "0")
        {
            return rule;
        }

        // The rule may leave out the protocol (tcp), the address (all) or both.
        string[] parts = host[..colon].Split(':', 2);
        string fresh = FormattableString.Invariant($"{host[..(colon + 1)]}{state.FreePort(parts[0], parts.Length > 1 ? parts[1] : string.Empty)}");
        state.Replaced[host] = fresh;
        if (state.Request.CloneNumber is null)
        {
            // Of many guests it stands in the line of each.
            state.Note($"the port forward {host} became {fresh}");
        }

        return fresh + rule[dash..];
    }
}
