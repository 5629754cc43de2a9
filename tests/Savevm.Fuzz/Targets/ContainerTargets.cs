using Savevm.Fuzz.Engine;
using Savevm.Wire;
using Savevm.Wire.Containers;
using Savevm.Wire.Containers.Libvirt;
using Savevm.Wire.Containers.Qcow2;
using Savevm.Wire.Recordings;

namespace Savevm.Fuzz.Targets;

/// <summary>The heads of files that hold streams.</summary>
internal static class ContainerTargets
{
    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("containers", "what a file is", Recognise, () => ContainerTable.Rows.Select(row => Convert.FromHexString(row.Magic))) { MaxBytes = 64 },
        new("libvirt", "the header and texts of a libvirt save image", Libvirt, Seeds.Libvirt) { MaxBytes = 1024 },
        new("qcow2", "a qcow2 header, snapshots, and the way to clusters", Qcow2, Seeds.Qcow2) { MaxBytes = 1024 },
        new("recording", "the header and records of a migration recording", Recording, RecordingSeeds) { MaxBytes = 1024 },
    ];

    private static void Recognise(ReadOnlySpan<byte> input)
    {
        Promise.That(ContainerTable.TryRecognise(input, endOfInput: true, out ContainerKind kind), "container: all of a file suffices");
        for (int end = 0; end <= input.Length; end++)
        {
            if (ContainerTable.TryRecognise(input[..end], endOfInput: false, out ContainerKind early))
                Promise.That(early == kind, "container: what is seen first is true", $"{early} of {end} bytes, {kind} of all");
            else
                Promise.That(end < ContainerTable.MaxMagicBytes, "container: the longest magic suffices");
        }
    }

    private static void Libvirt(ReadOnlySpan<byte> input)
    {
        if (!LibvirtHeader.TryRead(input, out LibvirtHeader? header))
            return;
        Promise.That(header.DataBytes is > 0 and <= WireLimits.MaxLibvirtDataBytes && header.CookieOffset < header.DataBytes, "libvirt: legal lengths");
        var writer = new WireWriter();
        header.Write(writer);
        Promise.That(LibvirtHeader.TryRead(writer.WrittenSpan, out LibvirtHeader? same) && same == header, "libvirt: what is written reads as the same");
        ReadOnlySpan<byte> area = input[LibvirtHeader.HeaderBytes..];
        if (area.Length < header.DataBytes)
            return;
        header.Split(area[..header.DataBytes], out ReadOnlySpan<byte> xml, out ReadOnlySpan<byte> cookie);
        Promise.That(!xml.Contains((byte)0) && !cookie.Contains((byte)0), "libvirt: texts end where they end");
        if (xml.IsEmpty)
            return;
        LibvirtHeader made = LibvirtHeader.Create(xml, cookie, header.Format, header.WasRunning);
        byte[] texts = new byte[made.DataBytes];
        xml.CopyTo(texts);
        cookie.CopyTo(texts.AsSpan(made.CookieOffset == 0 ? texts.Length - cookie.Length : made.CookieOffset));
        made.Split(texts, out ReadOnlySpan<byte> xmlAgain, out ReadOnlySpan<byte> cookieAgain);
        Promise.That(xmlAgain.SequenceEqual(xml) && cookieAgain.SequenceEqual(cookie), "libvirt: texts of an image of ours are found");
    }

    /// <summary>A header; a snapshot behind the header's 112 bytes; an L1 entry and an L2 entry at the end.</summary>
    private static void Qcow2(ReadOnlySpan<byte> input)
    {
        if (!Qcow2Header.TryRead(input, out Qcow2Header? header))
            return;
        Promise.That(header.ClusterBits is >= 9 and <= 21 && header.L2Bits > 0, "qcow2: clusters have a legal size");
        Promise.That(header.VMStateOffset >= header.DiskBytes, "qcow2: the saved machine lies behind the disk");
        if (input.Length < Qcow2Header.MaxHeaderBytes + 24)
            return;
        ReadOnlySpan<byte> entries = input[^24..];
        Qcow2Snapshot? snapshot;
        try
        {
            if (!Qcow2Snapshot.TryRead(input[Qcow2Header.MaxHeaderBytes..], Promise.Offset, header, out snapshot, out int consumed))
                return;
            Promise.That(consumed > 0 && consumed % 8 == 0, "qcow2: a snapshot has a length", $"{consumed}");
        }
        catch (WireException e)
        {
            Promise.That(e.Offset >= Promise.Offset && e.Offset <= Promise.Offset + input.Length, "qcow2: a defect lies in the snapshot", e.Message);
            return;
        }
        Promise.That(snapshot.VMStateBytes <= WireLimits.MaxFilePosition, "qcow2: a saved machine has a legal length");
        foreach (ulong at in (ulong[])[0, snapshot.VMStateBytes, (ulong)entries[0] << 16, WireLimits.MaxFilePosition])
            Locate(header, snapshot, at, entries);
    }

    private static void Locate(Qcow2Header header, Qcow2Snapshot snapshot, ulong streamOffset, ReadOnlySpan<byte> entries)
    {
        Qcow2Address address = Qcow2Address.OfStream(header, streamOffset);
        Promise.That(
            address.OffsetInCluster >= 0 && address.OffsetInCluster < header.ClusterBytes && address.L2Index >= 0 && address.L2Index < 1 << header.L2Bits,
            "qcow2: an address lies in its cluster and table");
        try
        {
            ulong l1 = address.GetL1EntryPosition(snapshot);
            Promise.That(l1 >= snapshot.L1Position, "qcow2: an entry lies in its table");
            if (address.GetL2EntryPosition(entries[..8], Promise.Offset, header) is { } l2)
                Promise.That(l2 <= WireLimits.MaxFilePosition + (4UL << 20), "qcow2: an L2 table lies in a file", $"{l2:x}");
            var cluster = Qcow2Cluster.Parse(entries.Slice(8, header.L2EntryBytes), Promise.Offset, header);
            Promise.That(
                cluster.StoredBytes >= 0 && cluster.StoredBytes <= 2 * header.ClusterBytes && cluster.Position <= WireLimits.MaxFilePosition,
                "qcow2: a cluster lies in a file",
                $"{cluster}");
            for (int index = 0; index < 32; index++)
                _ = cluster.GetSubcluster(index);
        }
        catch (WireException)
        {
            // Positions that cannot be are refused; there are several.
        }
    }

    private static IEnumerable<byte[]> RecordingSeeds()
    {
        byte[] file = new byte[RecordingWriter.HeaderBytes + (2 * RecordingWriter.HeadBytes) + 4];
        RecordingWriter.WriteHeader(file);
        Span<byte> rest = file.AsSpan(RecordingWriter.HeaderBytes);
        RecordingWriter.WriteHead(rest, RecordingRecordType.Forward, 0, 0, 5, "QEVM"u8);
        "QEVM"u8.CopyTo(rest[RecordingWriter.HeadBytes..]);
        RecordingWriter.WriteHead(rest[(RecordingWriter.HeadBytes + 4)..], RecordingRecordType.End, 0, 0, 6, default);
        yield return file;
    }

    private static void Recording(ReadOnlySpan<byte> input)
    {
        if (!RecordingReader.TryReadHeader(input, 0, out int position))
            return;
        while (RecordingReader.TryRead(input[position..], position, out RecordingRecord record, out int consumed))
        {
            Promise.That(consumed == RecordingWriter.HeadBytes + record.Bytes.Length, "recording: a record is its head and its bytes");
            byte[] head = new byte[RecordingWriter.HeadBytes];
            RecordingWriter.WriteHead(head, record.Type, record.Detail, record.Channel, record.Time, record.Bytes);
            Promise.That(input.Slice(position, head.Length).SequenceEqual(head), "recording: what is written again is the same");
            position += consumed;
        }
    }
}
