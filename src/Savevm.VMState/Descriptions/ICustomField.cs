using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Descriptions;

/// <summary>
/// A field that the device writes itself, because no kind is like it: PCI configuration space, the queues of virtio. A loader must
/// check every length that it reads.
/// </summary>
public interface ICustomField<TDevice>
{
    /// <summary>Writes it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="output">Takes the bytes.</param>
    /// <exception cref="VMStateSaveException">It cannot be saved.</exception>
    void Save(ref TDevice device, WireWriter output);

    /// <summary>Reads it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="loader">Where the bytes are; must stand behind the field afterwards.</param>
    /// <exception cref="VMStateLoadException">The bytes are wrong; made by <see cref="VMStateLoader.Error(int, string, string)"/>.</exception>
    void Load(ref TDevice device, scoped ref VMStateLoader loader);
}
