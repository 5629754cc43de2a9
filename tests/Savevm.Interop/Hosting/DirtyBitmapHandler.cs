using Savevm.Machine.Live;
using Savevm.Wire;
using Savevm.Wire.Iterable;

namespace Savevm.Interop.Hosting;

/// <summary>A disk's dirty bitmap as a live section of ours, as QEMU's capability <c>dirty-bitmaps</c> sends it.</summary>
/// <param name="node">Name of the block node at the destination.</param>
/// <param name="bitmap">Name of the bitmap there.</param>
/// <param name="granularity">Bytes of the disk for each bit.</param>
/// <param name="bits">One bit for each granule, the lowest first.</param>
internal sealed class DirtyBitmapHandler(string node, string bitmap, uint granularity, byte[] bits) : ILiveHandler
{
    private const int BitBytesPerChunk = 32;
    private const int SectorBytes = 512;

    private int _sent;

    public string IdStr => "dirty-bitmap";

    public uint InstanceId => 0;

    public uint VersionId => 1;

    public bool IsActive => true;

    public bool CanPostcopy => true;

    public void Prepare()
    {
    }

    public void Setup(WireWriter output)
    {
        DirtyBitmapWriter.WriteStart(output, node, bitmap, granularity, bitmapFlags: 1);
        DirtyBitmapWriter.WriteEnd(output);
    }

    public PendingState Pending(bool isExact) => new(0, 0, bits.Length - _sent);

    public bool Iterate(WireWriter output, int budget)
    {
        WriteChunk(output);
        DirtyBitmapWriter.WriteEnd(output);
        return _sent == bits.Length;
    }

    public void Complete(WireWriter output)
    {
        while (_sent < bits.Length)
        {
            WriteChunk(output);
        }

        DirtyBitmapWriter.WriteComplete(output, null, null);
        DirtyBitmapWriter.WriteEnd(output);
    }

    public void Cleanup()
    {
    }

    // Names are told once, as QEMU does for one bitmap: in postcopy it reads this section in a thread in which it may not look a node up, and ends itself.
    private void WriteChunk(WireWriter output)
    {
        int count = Math.Min(BitBytesPerChunk, bits.Length - _sent);
        if (count == 0)
        {
            return;
        }

        uint sectorsPerBit = granularity / SectorBytes;
        ReadOnlySpan<byte> chunk = bits.AsSpan(_sent, count);
        bool isZero = chunk.IndexOfAnyExcept((byte)0) < 0;
        DirtyBitmapWriter.WriteBits(output, null, null, (ulong)_sent * 8 * sectorsPerBit, (uint)count * 8 * sectorsPerBit, isZero ? [] : chunk);
        _sent += count;
    }
}
