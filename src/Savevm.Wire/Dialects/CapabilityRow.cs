namespace Savevm.Wire.Dialects;

/// <summary>One migration capability.</summary>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="Since">First release that has it.</param>
/// <param name="Until">Last release that has it; null where it is still there.</param>
/// <param name="Sides">Who has to have it on.</param>
/// <param name="IsAnnounced">The configuration section names it, and the destination compares.</param>
public sealed record CapabilityRow(string Name, QemuRelease Since, QemuRelease? Until, CapabilitySides Sides, bool IsAnnounced);
