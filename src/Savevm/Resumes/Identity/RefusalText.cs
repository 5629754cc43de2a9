using Savevm.Machine;
using Savevm.Qemu.Destination;
using Savevm.Repository.Snapshots;

namespace Savevm.Resumes.Identity;

/// <summary>
/// What a person is told when QEMU did not take the state: its own line, what that means, and where in the snapshot the thing stands: the
/// section, the field and the byte.
/// </summary>
internal static class RefusalText
{
    /// <summary>The failure; null where QEMU's lines say nothing about a state.</summary>
    /// <param name="lines">QEMU's error lines in order.</param>
    /// <param name="snapshot">The snapshot whose state it was sent.</param>
    /// <param name="name">The snapshot's name.</param>
    /// <param name="cause">What was noticed of it here.</param>
    public static SavevmException? Explain(IReadOnlyList<string> lines, Snapshot snapshot, string name, Exception cause)
    {
        if (LoadRefusal.Read(lines) is not { } refusal) return null;
        var meaning = refusal.Meaning is { } text ? $": {text}" : "";
        return new SavevmException(ExitCode.PeerFailed, $"resume of {name}", $"QEMU refused the state{meaning} ({Place(refusal, snapshot)}it said: {refusal.Line})", refusal.Hint, cause);
    }

    private static string Place(LoadRefusal refusal, Snapshot snapshot)
    {
        // RAM has no section in the device file.
        if (refusal.Section is not { } section || snapshot.Manifest.Devices.Sections.FirstOrDefault(stored => stored.IdStr == section && stored.InstanceId == refusal.InstanceId) is not { } stored) return "";
        var where = $"section {section} {refusal.InstanceId}, byte {stored.Offset} of devices.bin; ";
        if (FieldPlace.Find(Description(snapshot), section, refusal.InstanceId, refusal.Fields) is not { } field) return where;
        var offset = field.Offset + (refusal.ByteOfField ?? 0);
        return $"{where}field {field.Path}{(refusal.ByteOfField is { } at ? $", its byte {at}" : "")}, byte {offset} of the section; ";
    }

    private static ReadOnlySpan<byte> Description(Snapshot snapshot)
    {
        try
        {
            return snapshot.Devices.Save().Description.Span;
        }
        catch (DamagedStateException)
        {
            return default;
        }
    }
}
