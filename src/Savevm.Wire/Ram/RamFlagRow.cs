using Savevm.Wire.Dialects;

namespace Savevm.Wire.Ram;

/// <summary>One flag of the table.</summary>
/// <param name="Flag">The bit.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="Kind">The record it makes; null for a modifier and for a flag that no reader takes any more.</param>
/// <param name="NamesPage">The word's upper bits address a page, and without CONTINUE the block's name follows.</param>
/// <param name="First">First release that sends it; null where it is older than the format's version 4.</param>
/// <param name="Last">Last release that takes it; null where all do.</param>
public sealed record RamFlagRow(
    RamFlags Flag, string Name, RamRecordKind? Kind, bool NamesPage, QemuRelease? First = null, QemuRelease? Last = null);
