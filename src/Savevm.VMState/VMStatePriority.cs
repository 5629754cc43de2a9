namespace Savevm.VMState;

/// <summary>
/// When a device is saved: higher ones first, equal ones in the order of their registration. The names are QEMU's; the loader of a
/// stream takes any order, so that only devices which need others to be loaded before them have one.
/// </summary>
public enum VMStatePriority
{
    /// <summary>After all others.</summary>
    Low = -1,

    /// <summary>Most devices.</summary>
    Default = 0,

    /// <summary>An IOMMU: before the devices whose addresses it translates.</summary>
    Iommu,

    /// <summary>A PCI bridge: before the devices behind it.</summary>
    PciBus,

    /// <summary>virtio-mem: which memory is plugged.</summary>
    VirtioMem,

    /// <summary>A local interrupt controller; its own rank since QEMU 10.2.</summary>
    Apic,

    /// <summary>Arm's translation of message interrupts.</summary>
    GicV3Its,

    /// <summary>Arm's interrupt controller.</summary>
    GicV3,
}
