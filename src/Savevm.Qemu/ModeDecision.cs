using Savevm.Qemu.Source;

namespace Savevm.Qemu;

/// <summary>How a capture is done, and what its user must be told.</summary>
/// <param name="Mode">The mode to take.</param>
/// <param name="Quirks">The known faults that had a say, by id.</param>
/// <param name="Sentences">What to say, one sentence each; empty where there is nothing to say.</param>
public sealed record ModeDecision(SourceMode Mode, IReadOnlyList<string> Quirks, IReadOnlyList<string> Sentences);
