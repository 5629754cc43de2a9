using System.Globalization;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Devices;

/// <summary>The one field of a virtio device's section: code of its own outside, descriptions nested in it.</summary>
internal sealed class VirtioField<TDevice> : ICustomField<TDevice>
    where TDevice : IVirtioDevice
{
    public void Save(ref TDevice device, WireWriter output)
    {
        VirtioState virtio = device.Virtio;
        PciDevice pci = virtio.Pci;
        PciDevice.StateDescription.Save(ref pci, new VMStateSaver(output));
        output.WriteBytes(virtio.Msix);
        output.WriteUInt16(virtio.ConfigVector);
        output.WriteByte(virtio.Status);
        output.WriteByte(virtio.Isr);
        output.WriteUInt16(virtio.QueueSelect);
        output.WriteUInt32(virtio.GuestFeaturesLow);
        output.WriteUInt32((uint)virtio.Config.Length);
        output.WriteBytes(virtio.Config);
        output.WriteUInt32((uint)virtio.QueueCount);
        foreach (VirtioQueue queue in virtio.Queues.AsSpan(0, virtio.QueueCount))
        {
            output.WriteUInt32(queue.Number);
            output.WriteUInt64(queue.Descriptors);
            output.WriteUInt16(queue.LastAvailable);
            output.WriteUInt16(queue.Vector);
        }
        device.SaveKind(output);
        VirtioState.StateDescription.Save(ref virtio, new VMStateSaver(output));
    }

    public void Load(ref TDevice device, scoped ref VMStateLoader loader)
    {
        VirtioState virtio = device.Virtio;
        PciDevice pci = virtio.Pci;
        PciDevice.StateDescription.Load(ref pci, ref loader, PciDevice.StateDescription.Version);
        loader.Take(virtio.Msix.Length).CopyTo(virtio.Msix);
        virtio.ConfigVector = loader.TakeUInt16();
        virtio.Status = loader.TakeByte();
        virtio.Isr = loader.TakeByte();
        virtio.QueueSelect = loader.TakeUInt16();
        virtio.GuestFeaturesLow = loader.TakeUInt32();
        Expect(loader.TakeUInt32(), virtio.Config.Length, "bytes of configuration", ref loader);
        loader.Take(virtio.Config.Length).CopyTo(virtio.Config);
        uint queues = loader.TakeUInt32();
        if (queues > VirtioState.MaxQueues)
            throw loader.Error(sizeof(uint), $"at most {VirtioState.MaxQueues} queues", queues.ToString(CultureInfo.InvariantCulture));
        virtio.QueueCount = (int)queues;
        foreach (ref VirtioQueue queue in virtio.Queues.AsSpan(0, virtio.QueueCount))
        {
            queue.Number = loader.TakeUInt32();
            queue.Descriptors = loader.TakeUInt64();
            queue.LastAvailable = loader.TakeUInt16();
            queue.Vector = loader.TakeUInt16();
        }
        device.LoadKind(ref loader);
        VirtioState.StateDescription.Load(ref virtio, ref loader, VirtioState.StateDescription.Version);
    }

    private static void Expect(uint found, int expected, string what, scoped ref VMStateLoader loader)
    {
        if (found != expected)
            throw loader.Error(sizeof(uint), $"{expected} {what}", found.ToString(CultureInfo.InvariantCulture));
    }
}
