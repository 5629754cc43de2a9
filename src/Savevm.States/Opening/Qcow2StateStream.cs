using System.IO.Compression;
using Savevm.Wire;
using Savevm.Wire.Containers.Qcow2;
using ZstdSharp;

namespace Savevm.States.Opening;

/// <summary>
/// The stream of one saved machine in a qcow2 image, cluster by cluster. What lies together in the file is read together; memory is one L2
/// table, and one cluster where clusters are compressed. For one thread.
/// </summary>
internal sealed class Qcow2StateStream(Qcow2Image image, Qcow2Snapshot snapshot) : ReadingStream
{
    private const int SubclusterCount = 32;

    private readonly Qcow2Header _header = image.Header;
    private readonly byte[] _l2Table = new byte[image.Header.ClusterBytes];
    private readonly ulong _length = snapshot.VMStateBytes;
    private ulong _position;
    private ulong? _l1Index;
    private long? _l2Position;
    private byte[] _unpacked = [];
    private ulong? _unpackedPosition;

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min((ulong)buffer.Length, _length - _position);
        if (wanted == 0)
            return 0;
        (Qcow2ClusterKind kind, ulong at, int count) = Locate(_position);
        if (kind == Qcow2ClusterKind.Compressed)
        {
            count = Math.Min(count, wanted);
            int from = Qcow2Address.OfStream(_header, _position).OffsetInCluster;
            _unpacked.AsSpan(from, count).CopyTo(buffer);
            _position += (uint)count;
            return count;
        }
        while (count < wanted)
        {
            (Qcow2ClusterKind nextKind, ulong nextAt, int nextCount) = Locate(_position + (uint)count, isAhead: true);
            bool isZero = kind != Qcow2ClusterKind.Data;
            if (isZero ? nextKind is not (Qcow2ClusterKind.Zero or Qcow2ClusterKind.Unallocated) : nextKind != kind || nextAt != at + (uint)count)
                break;
            count += nextCount;
        }
        count = Math.Min(count, wanted);
        Fill(kind, at, buffer[..count]);
        _position += (uint)count;
        return count;
    }

    private void Fill(Qcow2ClusterKind kind, ulong at, Span<byte> target)
    {
        if (kind != Qcow2ClusterKind.Data)
        {
            target.Clear();
            return;
        }
        int read = image.Storage.Read(target, (long)at);
        if (read < target.Length)
            throw new WireException((long)at + read, $"the file ends in the saved machine '{snapshot.Name}'");
    }

    /// <summary>What an offset of the stream is, where it lies in the file, and for how many bytes that holds.</summary>
    private (Qcow2ClusterKind Kind, ulong At, int Count) Locate(ulong offset, bool isAhead = false)
    {
        Qcow2Address address = Qcow2Address.OfStream(_header, offset);
        int rest = _header.ClusterBytes - address.OffsetInCluster;
        if (!TryLoadTable(address))
            return (Qcow2ClusterKind.Unallocated, 0, rest);
        int entryAt = address.L2Index * _header.L2EntryBytes;
        var cluster = Qcow2Cluster.Parse(_l2Table.AsSpan(entryAt, _header.L2EntryBytes), _l2Position!.Value + entryAt, _header);
        if (cluster.Subclusters is not null)
        {
            int subclusterBytes = _header.ClusterBytes / SubclusterCount;
            Qcow2ClusterKind kind = cluster.GetSubcluster(address.OffsetInCluster / subclusterBytes);
            rest = subclusterBytes - (address.OffsetInCluster % subclusterBytes);
            return (kind, cluster.Position + (uint)address.OffsetInCluster, rest);
        }
        if (cluster.Kind == Qcow2ClusterKind.Compressed && !isAhead)
            Unpack(cluster);
        return (cluster.Kind, cluster.Kind == Qcow2ClusterKind.Data ? cluster.Position + (uint)address.OffsetInCluster : 0, rest);
    }

    private bool TryLoadTable(Qcow2Address address)
    {
        if (_l1Index == address.L1Index)
            return _l2Position is not null;
        _l1Index = null;
        Span<byte> entry = stackalloc byte[Qcow2Address.L1EntryBytes];
        long entryPosition = (long)address.GetL1EntryPosition(snapshot);
        if (image.Storage.Read(entry, entryPosition) < entry.Length)
            throw new WireException(entryPosition, "the file ends in an L1 table");
        ulong? first = (address with { L2Index = 0 }).GetL2EntryPosition(entry, entryPosition, _header);
        _l2Position = (long?)first;
        if (_l2Position is { } position && image.Storage.Read(_l2Table, position) < _l2Table.Length)
            throw new WireException(position, "the file ends in an L2 table");
        _l1Index = address.L1Index;
        return _l2Position is not null;
    }

    private void Unpack(Qcow2Cluster cluster)
    {
        if (_unpackedPosition == cluster.Position)
            return;
        _unpackedPosition = null;
        if (_unpacked.Length == 0)
            _unpacked = new byte[_header.ClusterBytes];

        // The last sector that an entry names may reach past the end of the file.
        byte[] packed = new byte[cluster.StoredBytes];
        int count = image.Storage.Read(packed, (long)cluster.Position);
        try
        {
            using var source = new MemoryStream(packed, 0, count);
            using Stream unpacking = _header.Compression == Qcow2Compression.Zstd
                ? new DecompressionStream(source, checkEndOfStream: false)
                : new DeflateStream(source, CompressionMode.Decompress);
            unpacking.ReadExactly(_unpacked);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdException)
        {
            throw new WireException((long)cluster.Position, "a compressed cluster of the qcow2 image is damaged");
        }
        _unpackedPosition = cluster.Position;
    }
}
