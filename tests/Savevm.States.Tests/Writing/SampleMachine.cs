using System.Buffers.Binary;
using System.Text;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.States.Writing;
using Savevm.Wire.Forward;

namespace Savevm.States.Tests.Writing;

/// <summary>A machine whose every byte is known: some pages are zero, all others tell where they belong.</summary>
internal sealed class SampleMachine : IRamSource
{
    private readonly Func<int, long, bool> _isZero;

    internal SampleMachine(Func<int, long, bool> isZero, params (string Name, long Pages)[] blocks)
    {
        _isZero = isZero;
        Blocks = [.. blocks.Select((block, index) => new RamBlock(index, block.Name, block.Pages * RamBlock.PageSize))];
    }

    public IReadOnlyList<RamBlock> Blocks { get; }

    /// <summary>Pages that were asked for, of all readers.</summary>
    internal long PagesRead { get; private set; }

    internal static SampleMachine Small => new((block, page) => (page + block) % 3 == 0, ("pc.ram", 700), ("pc.bios", 4), ("vga.vram", 130));

    internal static DeviceState Devices => new()
    {
        MachineName = "pc-i440fx-10.0",
        ConfigurationSubsections = ConfigurationRecord.Create("pc-i440fx-10.0", ["x-ignore-shared"], uuid: Guid.AllBitsSet).Subsections,
        RamSectionId = 7,
        Sections =
        [
            new DeviceSection("virtio-mem-device-early", 0, 1, 9, new byte[] { 1, 2 }) { IsEarly = true },
            new DeviceSection("timer", 0, 2, 0, new byte[] { 1, 2, 3 }),
            new DeviceSection("0000:00:01.1/ide", 1, 3, 40, ReadOnlyMemory<byte>.Empty),
        ],
        Description = Encoding.UTF8.GetBytes("{\"devices\": []}"),
    };

    internal SavedMachine Saved => new(this, Devices);

    public IPageReader OpenReader() => new Reader(this);

    /// <summary>The bytes of a block.</summary>
    internal byte[] BytesOf(int block)
    {
        byte[] bytes = new byte[Blocks[block].UsedLength];
        for (long page = 0; page < Blocks[block].PageCount; page++)
            Fill(block, page, bytes.AsSpan((int)page * RamBlock.PageSize, RamBlock.PageSize));
        return bytes;
    }

    private void Fill(int block, long page, Span<byte> target)
    {
        target.Clear();
        if (_isZero(block, page))
            return;
        BinaryPrimitives.WriteInt64LittleEndian(target, page);
        target[8] = (byte)(block + 1);
        target[^1] = (byte)page;
    }

    private sealed class Reader(SampleMachine machine) : IPageReader
    {
        private readonly NativeBuffer _buffer = new(8 * RamBlock.PageSize);

        public PageRun Read(int blockIndex, long firstPage, int maxPages)
        {
            bool isZero = machine._isZero(blockIndex, firstPage);
            int most = (int)Math.Min(Math.Min(maxPages, isZero ? int.MaxValue : 8), machine.Blocks[blockIndex].PageCount - firstPage);
            int count = 1;
            while (count < most && machine._isZero(blockIndex, firstPage + count) == isZero)
                count++;
            lock (machine)
                machine.PagesRead += count;
            if (isZero)
                return PageRun.Zero(count);
            for (int i = 0; i < count; i++)
                machine.Fill(blockIndex, firstPage + i, _buffer.Slice((nint)i * RamBlock.PageSize, RamBlock.PageSize));
            return PageRun.Data(_buffer.Slice(0, count * RamBlock.PageSize));
        }

        public void Dispose() => _buffer.Dispose();
    }
}
