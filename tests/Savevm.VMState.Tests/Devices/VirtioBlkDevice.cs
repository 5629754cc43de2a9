using Savevm.VMState.Attributes;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

[VMState("virtio-blk", Version = 2)]
internal sealed partial class VirtioBlkDevice : IVirtioDevice
{
    [VMStateCustom("virtio", typeof(VirtioField<VirtioBlkDevice>), Name = "virtio")]
    internal VirtioState State = new(vectors: 2, configBytes: 57);

    public VirtioState Virtio => State;

    // Requests that were not finished would stand before this mark, each with the addresses of its buffers.
    public void SaveKind(WireWriter output) => output.WriteByte(0);

    public void LoadKind(scoped ref VMStateLoader loader)
    {
        if (loader.TakeByte() != 0)
            throw loader.Error(1, "the end of the requests", "a request");
    }
}
