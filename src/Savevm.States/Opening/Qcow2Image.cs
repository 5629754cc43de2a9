using System.Globalization;
using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Containers.Qcow2;

namespace Savevm.States.Opening;

/// <summary>A qcow2 image and its internal snapshots.</summary>
/// <param name="Storage">The image; not owned.</param>
/// <param name="Header">Its header.</param>
/// <param name="Snapshots">All its snapshots, in the order of its table.</param>
internal sealed record Qcow2Image(StateStorage Storage, Qcow2Header Header, IReadOnlyList<Qcow2Snapshot> Snapshots)
{
    private const int WindowBytes = 64 << 10;

    /// <summary>Longest table that is read. QEMU takes 64 MiB; names and ids of ordinary length need a hundredth of this for all it takes.</summary>
    private const long MaxTableBytes = 16 << 20;

    /// <summary>Reads header and snapshot table.</summary>
    /// <exception cref="WireException">One of them cannot be.</exception>
    internal static Qcow2Image Read(StateStorage storage)
    {
        byte[] window = new byte[Qcow2Header.MaxHeaderBytes];
        int count = storage.Read(window, 0);
        if (!Qcow2Header.TryRead(window.AsSpan(0, count), out Qcow2Header? header))
            throw new WireException(count, "the file ends in the header of a qcow2 image");
        var snapshots = new List<Qcow2Snapshot>();
        if (header.SnapshotCount > 0)
            ReadTable(storage, header, snapshots);
        return new Qcow2Image(storage, header, snapshots);
    }

    /// <summary>The saved machine of a name or id, or the only one.</summary>
    /// <exception cref="UnsupportedFormException">There is none, or it has to be chosen; the message lists all.</exception>
    internal Qcow2Snapshot Choose(string? name)
    {
        Qcow2Snapshot[] machines = [.. Snapshots.Where(snapshot => snapshot.VMStateBytes > 0)];
        if (machines.Length == 0)
        {
            throw new UnsupportedFormException(
                $"the qcow2 image has no saved machine ({Snapshots.Count} internal snapshots)",
                "machines are saved by savevm or snapshot-save; of several disks only one image holds the machine");
        }
        if (name is null)
            return machines.Length == 1 ? machines[0] : throw MustChoose($"the qcow2 image has {machines.Length} saved machines", machines);
        Qcow2Snapshot[] named = [.. machines.Where(snapshot => snapshot.Name == name)];
        if (named.Length == 0)
            named = [.. machines.Where(snapshot => snapshot.Id == name)];
        return named.Length == 1
            ? named[0]
            : throw MustChoose($"the qcow2 image has {(named.Length == 0 ? "no" : "more than one")} saved machine '{name}'", machines);
    }

    private static UnsupportedFormException MustChoose(string reason, Qcow2Snapshot[] machines)
    {
        IEnumerable<string> lines = machines.Take(20).Select(snapshot => string.Create(
            CultureInfo.InvariantCulture, $"{snapshot.Name} (id {snapshot.Id}, {snapshot.Date.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, {snapshot.VMStateBytes} bytes)"));
        return new UnsupportedFormException(reason, $"choose by FILE#NAME: {string.Join(", ", lines)}{(machines.Length > 20 ? ", ..." : "")}");
    }

    private static void ReadTable(StateStorage storage, Qcow2Header header, List<Qcow2Snapshot> snapshots)
    {
        long position = (long)header.SnapshotsPosition;
        using var input = new StateInput(new StorageStream(storage, position, leaveOpen: true), position, WindowBytes);
        while (snapshots.Count < header.SnapshotCount)
        {
            Qcow2Snapshot? snapshot;
            int consumed;
            while (!Qcow2Snapshot.TryRead(input.Unread, input.Offset, header, out snapshot, out consumed))
            {
                if (!input.ReadMore())
                    throw new WireException(input.Offset, $"the file ends in entry {snapshots.Count} of {header.SnapshotCount} of the snapshot table");
            }
            snapshots.Add(snapshot);

            // Behind the last entry the padding may be missing.
            while (input.Unread.Length < consumed && input.ReadMore())
            {
            }
            input.Consume(Math.Min(consumed, input.Unread.Length));
            if (input.Offset - position > MaxTableBytes)
                throw new WireException(input.Offset, $"a snapshot table of more than {MaxTableBytes} bytes");
        }
    }
}
