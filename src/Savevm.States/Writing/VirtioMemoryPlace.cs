using System.Buffers.Binary;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;

namespace Savevm.States.Writing;

/// <summary>
/// Where a virtio-mem device has its memory: machines from 8.1 on send it ahead of the RAM. Of older ones the state has it too, but in the middle
/// of the device's section, at no place that is certain; they are only named.
/// </summary>
internal static class VirtioMemoryPlace
{
    private const string Early = "/virtio-mem-device-early", Late = "/virtio-mem";

    internal static IEnumerable<PluggedModule> Find(IReadOnlyList<DeviceSection> sections, IReadOnlyList<RamBlock> blocks)
    {
        foreach (DeviceSection section in sections)
        {
            string name = section.IdStr;
            bool isEarly = name.EndsWith(Early, StringComparison.Ordinal);
            if (!isEarly && !name.EndsWith(Late, StringComparison.Ordinal))
                continue;
            // The block has the device's path too: 0000:00:04.0/mem0 is that of 0000:00:04.0/virtio-mem.
            string path = name[..(name.LastIndexOf('/') + 1)];
            RamBlock[] own = [.. blocks.Where(block => block.IdStr.StartsWith(path, StringComparison.Ordinal))];
            if (own.Length != 1)
                continue;
            yield return new PluggedModule(own[0].IdStr, isEarly ? Address(section, own[0]) : null);
        }
    }

    private static long? Address(DeviceSection section, RamBlock block)
    {
        ReadOnlySpan<byte> body = section.Body.Span;
        if (section.VersionId != 1 || body.Length < 16)
            return null;
        long address = BinaryPrimitives.ReadInt64BigEndian(body);
        return BinaryPrimitives.ReadInt64BigEndian(body[8..]) == block.UsedLength ? address : null;
    }
}
