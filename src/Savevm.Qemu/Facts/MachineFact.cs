namespace Savevm.Qemu.Facts;

/// <summary>A machine type of an emulator.</summary>
/// <param name="Name">Its versioned name.</param>
/// <param name="Alias">The name that stands for it in this release; null for none.</param>
/// <param name="IsDefault">It is taken when none is named.</param>
/// <param name="DefaultRamId">The idstr of its main RAM block; null where QEMU does not say.</param>
public sealed record MachineFact(string Name, string? Alias, bool IsDefault, string? DefaultRamId);
