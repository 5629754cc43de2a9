using Savevm.Linux.Sockets;

namespace Savevm.Qemu.Qmp;

/// <summary>The monitor exists but greets nobody: QEMU serves one client per monitor, and somebody else is it.</summary>
public sealed class MonitorBusyException : QmpConnectionException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="path">The monitor's socket.</param>
    /// <param name="owners">The processes that hold the socket, such as <c>virtqemud (pid 812)</c>; may be empty.</param>
    /// <param name="waited">How long we waited for the greeting.</param>
    public MonitorBusyException(string path, IReadOnlyList<string> owners, TimeSpan waited)
        : base(QmpFailure.Busy, Sentence(path, owners, waited), Remedy(owners))
    {
        Path = path;
        Owners = owners;
    }

    /// <summary>The monitor's socket.</summary>
    public string Path { get; }

    /// <summary>The processes that hold the socket; empty where they cannot be seen.</summary>
    public IReadOnlyList<string> Owners { get; }

    internal static MonitorBusyException Of(string path, TimeSpan waited)
    {
        var owners = new List<string>();
        try
        {
            foreach (var user in UnixSocketOwner.Find(path))
            {
                // Our own attempt is among the callers.
                if (user.ProcessId != Environment.ProcessId)
                {
                    owners.Add(FormattableString.Invariant($"{user.Name} (pid {user.ProcessId}{(user.Role == UnixSocketRole.Client ? ", its client" : string.Empty)})"));
                }
            }
        }
        catch (IOException)
        {
            // The owner is a help in a message; not finding it is no further failure.
        }

        return new(path, [.. owners.Distinct()], waited);
    }

    private static string Sentence(string path, IReadOnlyList<string> owners, TimeSpan waited)
    {
        string held = owners.Count == 0 ? "it serves another client" : $"it serves another client; the socket is held by {string.Join(", ", owners)}";
        return FormattableString.Invariant($"the monitor {path} did not greet within {waited.TotalSeconds:0.#} s: {held}");
    }

    private static string Remedy(IReadOnlyList<string> owners) => owners.Any(owner => owner.Contains("virt", StringComparison.Ordinal))
        ? "let libvirt give the commands: savevm capture NAME --listen unix:PATH, then virsh qemu-monitor-command DOMAIN '{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:PATH\"}}'"
        : "end the other client, or start QEMU with one more monitor: -qmp unix:PATH,server=on,wait=off";
}
