using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Fuzz.Targets;

/// <summary>A machine of a few pages, as a source.</summary>
internal sealed class SmallMachine : IRamSource, IPageReader, IDeviceStateSource
{
    /// <summary>Bytes of its RAM.</summary>
    public const int Bytes = 32 * RamBlock.PageSize;

    // The engine may hand out where the pages lie.
    private static readonly byte[] Contents = Fill();

    public IReadOnlyList<RamBlock> Blocks { get; } =
        [new(0, "pc.ram", 24 * RamBlock.PageSize), new(1, "vga.vram", 8 * RamBlock.PageSize)];

    public IPageReader OpenReader() => this;

    public PageRun Read(int blockIndex, long firstPage, int maxPages)
    {
        long count = Math.Min(maxPages, Blocks[blockIndex].PageCount - firstPage);
        Promise.That(firstPage >= 0 && count > 0, "machine: pages lie in their block", $"{maxPages} pages from {firstPage} of block {blockIndex}");
        return PageRun.Data(Contents.AsSpan((int)firstPage * RamBlock.PageSize, (int)count * RamBlock.PageSize));
    }

    public DeviceState Save() => new()
    {
        MachineName = "pc",
        RamSectionId = 2,
        Sections = [new DeviceSection("timer", 0, 2, 7, new byte[16])],
    };

    public void Dispose()
    {
    }

    private static byte[] Fill()
    {
        byte[] contents = GC.AllocateArray<byte>(Bytes, pinned: true);
        for (int page = 0; page < contents.Length / RamBlock.PageSize; page += 2)
            contents[page * RamBlock.PageSize] = 1;
        return contents;
    }
}
