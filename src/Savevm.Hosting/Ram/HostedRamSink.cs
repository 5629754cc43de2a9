using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Hosting.Ram;

/// <summary>
/// Lets one stream fill the RAM of a machine. The stream's blocks are found by their names, in whatever order they come; one of another
/// length is resized where it may have that length.
/// </summary>
internal sealed class HostedRamSink(GuestRam ram) : IRamSink
{
    private RamBlock[]? declared;
    private HostedRamBlock[] targets = [];

    public void DeclareBlocks(IReadOnlyList<RamBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        if (declared is not null)
        {
            if (!declared.SequenceEqual(blocks)) throw new MachineRefusedException("the stream declares other RAM blocks than before");
            return;
        }
        var found = new HostedRamBlock[blocks.Count];
        for (var index = 0; index < found.Length; index++) found[index] = Match(blocks[index], index);
        if (found.Distinct().Count() != found.Length) throw new MachineRefusedException("the stream declares a RAM block twice");
        if (ram.Hosted.Except(found).FirstOrDefault() is { } missing)
            throw new MachineRefusedException($"the stream has no RAM block {missing.IdStr}, and this machine has");
        for (var index = 0; index < found.Length; index++)
            if (found[index].UsedLength != blocks[index].UsedLength) ram.Resize(found[index].Index, blocks[index].UsedLength);
        targets = found;
        declared = [.. blocks];
    }

    public IPageWriter OpenWriter() =>
        declared is null ? throw new InvalidOperationException("No block was declared yet.") : new HostedPageWriter(ram, targets);

    public void Discard(int blockIndex, long firstPage, long pageCount)
    {
        // What is discarded is to be missing later. A huge page would bring it back.
        ram.UseSmallPages();
        ram.Discard(targets[blockIndex].Index, firstPage, pageCount);
    }

    private HostedRamBlock Match(RamBlock block, int index)
    {
        if (block.Index != index) throw new ArgumentException($"RAM block {block.IdStr} is at {index} and says {block.Index}.", nameof(block));
        var target = ram.Find(block.IdStr) ?? throw new MachineRefusedException($"the stream has a RAM block {block.IdStr}, and this machine has none");
        return GuestRam.Refusal(block.IdStr, block.UsedLength, target.MaxLength) is { } refusal ? throw new MachineRefusedException(refusal) : target;
    }
}
