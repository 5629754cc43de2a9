using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Fuzz.Targets;

/// <summary>Takes everything that lies inside its RAM, and keeps nothing.</summary>
internal sealed class NullMachine : IRamSink, IPageWriter, IPageReadback, IDeviceStateSink
{
    private const long MaxRamBytes = 64 << 20;

    private IReadOnlyList<RamBlock>? _blocks;

    public DeviceState? State { get; private set; }

    public DestinationMachine AsDestination() => new(this, this, StandingMachine.Instance);

    public void DeclareBlocks(IReadOnlyList<RamBlock> blocks)
    {
        Promise.That(_blocks is null, "machine: blocks are declared once");
        if (blocks.Sum(block => (decimal)block.UsedLength) > MaxRamBytes)
            throw new MachineRefusedException("more RAM than this machine has");
        _blocks = blocks;
    }

    public IPageWriter OpenWriter() => this;

    public void Discard(int blockIndex, long firstPage, long pageCount) => CheckPages(blockIndex, firstPage, pageCount);

    public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
    {
        CheckPages(blockIndex, pageIndex, 1);
        Promise.That(page.Length == RamBlock.PageSize, "machine: a page is whole");
    }

    public void WriteZeroPage(int blockIndex, long pageIndex) => CheckPages(blockIndex, pageIndex, 1);

    public void ReadBack(int blockIndex, long pageIndex, Span<byte> page)
    {
        CheckPages(blockIndex, pageIndex, 1);
        page.Clear();
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }

    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
    {
    }

    public void AcceptDevices(DeviceState state) => State = state;

    private void CheckPages(int block, long first, long count) => Promise.That(
        _blocks is not null && block >= 0 && block < _blocks.Count && first >= 0 && count > 0 && first + count <= _blocks[block].PageCount,
        "machine: pages lie in their block",
        $"{count} pages from {first} of block {block}");
}
