using Savevm.Wire.Dialects;

namespace Savevm.States.Writing;

/// <summary>Where the machines that QEMU has have their RAM. Compared with what <c>info mtree -f</c> of QEMU 7.2 and 10.0 says.</summary>
internal static class MachineFamilyTable
{
    // A PC keeps the addresses below 4 GiB free that its devices need. A pc had 3.5 GiB of RAM there in every case until 1.7; since then, RAM that
    // does not fit is cut at a multiple of 1 GiB.
    private static readonly MachineFamily OldPc = new("pc-i440fx-", 0, 0xe0000000, long.MaxValue) { SplitMoves = true };
    private static readonly QemuRelease FirstWithAlignedSplit = new(2, 0);

    private static readonly MachineFamily[] All =
    [
        new("pc-i440fx-", 0, 0xe0000000, 0xc0000000) { SplitMoves = true, PciHoleBytes = 2L << 30 },
        new("pc-q35-", 0, 0xb0000000, 0x80000000) { PciHoleBytes = 32L << 30 },
        new("microvm", 0, 0xc0000000, 0xc0000000),
        new("isapc", 0, long.MaxValue, long.MaxValue),
        new("virt-", 1L << 30, long.MaxValue, long.MaxValue),
    ];

    /// <summary>The family of a machine; null when it is none of these.</summary>
    internal static MachineFamily? Find(string machineName)
    {
        MachineFamily? family = Array.Find(All, row => machineName.StartsWith(row.Prefix, StringComparison.Ordinal));
        return family?.Prefix == OldPc.Prefix && QemuRelease.TryParseMachine(machineName, out QemuRelease release) && release < FirstWithAlignedSplit
            ? OldPc
            : family;
    }
}
