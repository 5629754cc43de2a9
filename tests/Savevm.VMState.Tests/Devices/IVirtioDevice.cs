using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

/// <summary>A kind of virtio device: the common state, and what it adds between the queues and the subsections.</summary>
internal interface IVirtioDevice
{
    VirtioState Virtio { get; }

    void SaveKind(WireWriter output);

    void LoadKind(scoped ref VMStateLoader loader);
}
