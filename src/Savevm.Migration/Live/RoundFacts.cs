namespace Savevm.Migration.Live;

/// <summary>What is known after a round.</summary>
/// <param name="Round">Its number, from 1 on.</param>
/// <param name="SentBytes">Bytes that it wrote to the stream.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="PendingBytes">Bytes of the pages that the machine has written to meanwhile.</param>
public readonly record struct RoundFacts(int Round, long SentBytes, TimeSpan Elapsed, long PendingBytes);
