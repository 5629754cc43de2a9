using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.Interop.Hosting;

/// <summary>RAM that is laid out as the stream says, for a machine that we know nothing of.</summary>
internal sealed class GrowingRam : IRamSink, IDeviceStateSink, IDisposable
{
    private GuestRam? _ram;
    private IRamSink? _sink;

    public DeviceState? State { get; private set; }

    public void DeclareBlocks(IReadOnlyList<RamBlock> blocks)
    {
        _ram ??= new GuestRam([.. blocks.Select(block => new RamBlockLayout(block.IdStr, block.UsedLength))]);
        _sink ??= _ram.OpenSink();
        _sink.DeclareBlocks(blocks);
    }

    public IPageWriter OpenWriter() => _sink!.OpenWriter();

    public void Discard(int blockIndex, long firstPage, long pageCount) => _sink!.Discard(blockIndex, firstPage, pageCount);

    public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
    {
    }

    public void AcceptDevices(DeviceState state) => State = state;

    public byte[] Content(string idStr)
    {
        HostedRamBlock block = _ram!.Find(idStr)!;
        byte[] bytes = new byte[block.UsedLength];
        block.Memory.Read(0, bytes);
        return bytes;
    }

    public void Dispose() => _ram?.Dispose();
}
