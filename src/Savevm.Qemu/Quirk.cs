using Savevm.Qemu.Source;

namespace Savevm.Qemu;

/// <summary>A known fault of some QEMUs.</summary>
/// <param name="Id">Its short name, for reports.</param>
/// <param name="Applies">Whether a QEMU has it in a mode.</param>
/// <param name="Effect">What follows.</param>
/// <param name="Sentence">What to tell the user, without a full stop.</param>
public sealed record Quirk(string Id, Func<QemuFacts, SourceMode, bool> Applies, QuirkEffect Effect, Func<QemuFacts, string> Sentence);
