namespace Savevm.Wire.Dialects;

/// <summary>One property whose value follows from the machine type.</summary>
/// <param name="Property">QEMU's name for it.</param>
/// <param name="Since">First release that has it.</param>
/// <param name="LastOld">Newest machine type that has the old value.</param>
/// <param name="OldValue">The old value, in QEMU's words.</param>
public sealed record CompatibilityRow(string Property, QemuRelease Since, QemuRelease LastOld, string OldValue);
