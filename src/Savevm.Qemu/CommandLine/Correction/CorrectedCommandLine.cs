namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>A command line that describes a machine as it is now.</summary>
/// <param name="Arguments">The words, the program's own first; empty where the command line could not be read.</param>
/// <param name="AsStarted">The words that QEMU was started with, without secrets.</param>
/// <param name="Corrections">What was changed, one sentence each.</param>
/// <param name="Notes">What could not be expressed, or what a resume will need, one sentence each.</param>
public sealed record CorrectedCommandLine(
    IReadOnlyList<string> Arguments,
    IReadOnlyList<string> AsStarted,
    IReadOnlyList<string> Corrections,
    IReadOnlyList<string> Notes)
{
    /// <summary>It is another one than QEMU was started with.</summary>
    public bool IsCorrected => !Arguments.SequenceEqual(AsStarted);
}
