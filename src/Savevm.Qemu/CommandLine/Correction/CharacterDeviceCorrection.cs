using System.Text.RegularExpressions;
using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>Character devices that <c>chardev-add</c> made and <c>chardev-remove</c> took away.</summary>
internal static partial class CharacterDeviceCorrection
{
    public static void Apply(CorrectionState state)
    {
        var live = state.Facts.Parts.CharacterDevices;
        var ids = live.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
        var gone = state.Drop("chardev", "backend", value => value.Text("id") is { } id && !ids.Contains(id));
        foreach (var item in gone)
        {
            string id = item.Text("id")!;
            state.Correct($"the character device {id} was removed while the guest ran");
            state.Drop("mon", "chardev", value => value.Text("chardev") == id);
        }

        var known = state.Started.Ids("chardev", "backend");
        foreach (var item in live.Where(item => !known.Contains(item.Id) && !IsImplicit(item.Id, known)))
        {
            if (Expressed(item, state) is { } text)
            {
                state.Options.Add(new QemuOption("chardev", text));
                state.Correct($"the character device {item.Id} was added while the guest ran");
            }
        }
    }

    // What -serial, -monitor, -qmp and their like are called inside, and the lower half of a multiplexed one.
    private static bool IsImplicit(string id, HashSet<string> known) =>
        ImplicitName().IsMatch(id) || (id.EndsWith("-base", StringComparison.Ordinal) && (known.Contains(id[..^5]) || ImplicitName().IsMatch(id[..^5])));

    private static string? Expressed(CharacterDeviceFact item, CorrectionState state)
    {
        string id = OptionValue.Escape(item.Id);
        switch (item.Kind)
        {
            case "socket" when Socket(item.Address) is { } socket:
                return $"socket,id={id},{socket}";
            case "null" or "pty" or "vc" or "msmouse" or "wctablet" or "spicevmc":
                return $"{item.Kind},id={id}";
            case "ringbuf" or "memory":
                state.Note($"the character device {item.Id} was added while the guest ran; the size of its buffer cannot be asked and is QEMU's usual one on a resume");
                return $"ringbuf,id={id}";
            default:
                state.Note($"the character device {item.Id} ({item.Kind ?? "of an unknown kind"}) was added while the guest ran, and its options cannot be asked: "
                    + "on a resume it leads nowhere");
                return $"null,id={id}";
        }
    }

    // [disconnected:]unix:PATH[,server=on] | [disconnected:]tcp:HOST:PORT[,server=on] [<-> HOST:PORT]
    private static string? Socket(string address)
    {
        if (SocketAddress().Match(address) is not { Success: true } match)
        {
            return null;
        }

        string serves = match.Groups["server"].Success ? ",server=on,wait=off" : string.Empty;
        return match.Groups["path"] is { Success: true } path
            ? $"path={OptionValue.Escape(path.Value)}{serves}"
            : $"host={OptionValue.Escape(match.Groups["host"].Value)},port={match.Groups["port"].Value}{serves}";
    }

    [GeneratedRegex(@"^(?:(?:serial|parallel|compat_monitor|virtcon|usbserial|debugcon|vc)\d*|gdb|qtest|vdagent|#.*)$")]
    private static partial Regex ImplicitName();

    [GeneratedRegex(
        @"^(?:disconnected:)?(?:unix:(?<path>.*?)(?:,abstract=on)?(?:,tight=(?:on|off))?|(?:tcp|telnet|tn3270|websocket):(?<host>\[.*\]|[^:]*):(?<port>\d+))"
            + @"(?<server>,server(?:=on)?)?(?: <-> .*)?$")]
    private static partial Regex SocketAddress();
}
