namespace Savevm.Fuzz.Engine;

/// <summary>What came of a run of one target.</summary>
/// <param name="Executions">Inputs that were given to the reader.</param>
/// <param name="Time">How long that took.</param>
/// <param name="ProcessorTime">How much of it a processor worked.</param>
/// <param name="Branches">Branches that were seen, counts told apart by their size; 0 without instrumentation.</param>
/// <param name="Kept">The inputs that took a branch which none before them took.</param>
/// <param name="Find">The broken promise that ended the run; null when none was found.</param>
/// <param name="FoundInput">The input that broke it, minimised.</param>
internal sealed record FuzzResult(
    long Executions, TimeSpan Time, TimeSpan ProcessorTime, int Branches, IReadOnlyList<byte[]> Kept, FuzzFind? Find, byte[] FoundInput);
