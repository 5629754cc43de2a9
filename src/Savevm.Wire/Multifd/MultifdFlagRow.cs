using Savevm.Wire.Dialects;

namespace Savevm.Wire.Multifd;

/// <summary>One flag of the table.</summary>
/// <param name="Flag">The bit.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="Since">First release that sends it; null where all with multifd do.</param>
/// <param name="Compression">The form of the payload it stands for.</param>
public sealed record MultifdFlagRow(MultifdFlags Flag, string Name, QemuRelease? Since, MultifdCompression? Compression);
