using System.Text;
using Savevm.Machine.Live;
using Savevm.Wire;
using Savevm.Wire.Iterable;

namespace Savevm.Interop.Hosting;

/// <summary>Takes the dirty bitmap of a QEMU's disk.</summary>
/// <param name="bytes">Bytes of the bitmap.</param>
internal sealed class DirtyBitmapLoader(int bytes) : ILiveLoader
{
    private const int SectorBytes = 512;

    public string IdStr => "dirty-bitmap";

    public uint InstanceId => 0;

    public uint VersionId => 1;

    public bool NeedsApproval => false;

    public byte[] Bits { get; } = new byte[bytes];

    public string? Node { get; private set; }

    public string? Bitmap { get; private set; }

    public uint Granularity { get; private set; }

    public bool IsComplete { get; private set; }

    public int SwitchoversSeen { get; private set; }

    public void Setup()
    {
    }

    public void Load(LiveInput input, uint versionId)
    {
        while (!LoadChunk(input))
        {
        }
    }

    public void SwitchoverStarted() => SwitchoversSeen++;

    public void Cleanup()
    {
    }

    /// <summary>A chunk tells its length on the way; byte by byte is fast enough for a test.</summary>
    private bool LoadChunk(LiveInput input)
    {
        var read = new List<byte>();
        long at = input.Offset;
        while (true)
        {
            read.Add(input.ReadByte());
            if (DirtyBitmapReader.TryRead(read.ToArray(), at, out DirtyBitmapChunk chunk, out _))
            {
                Take(chunk, at);
                return chunk.IsLast;
            }
        }
    }

    private void Take(DirtyBitmapChunk chunk, long at)
    {
        if (!chunk.NodeName.IsEmpty)
        {
            Node = Encoding.ASCII.GetString(chunk.NodeName);
        }

        if (!chunk.BitmapName.IsEmpty)
        {
            Bitmap = Encoding.ASCII.GetString(chunk.BitmapName);
        }

        if ((chunk.Flags & DirtyBitmapFlags.Start) != 0)
        {
            Granularity = chunk.Granularity;
        }

        IsComplete |= (chunk.Flags & DirtyBitmapFlags.Complete) != 0;
        if (chunk.Bits.IsEmpty)
        {
            return;
        }

        int first = (int)(chunk.FirstSector * SectorBytes / Granularity / 8);
        int count = (int)(((ulong)chunk.SectorCount * SectorBytes / Granularity + 7) / 8);
        if (first + count > Bits.Length || count > chunk.Bits.Length)
        {
            throw new WireException(at, $"bits of byte {first} to {first + count}");
        }

        chunk.Bits[..count].CopyTo(Bits.AsSpan(first));
    }
}
