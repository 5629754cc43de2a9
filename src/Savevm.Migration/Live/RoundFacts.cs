namespace Savevm.Migration.Live;

/// <summary>What is known after a round.</summary>
/// <param name="Round">Its number, from 1 on.</param>
/// <param name="SentBytes">Bytes that it wrote to the stream.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="PendingBytes">Bytes of the pages that the machine has written to meanwhile, and of what else is live and left.</param>
/// <param name="PrecopyOnlyBytes">Those of them that cannot wait until the machine runs at the destination.</param>
public readonly record struct RoundFacts(int Round, long SentBytes, TimeSpan Elapsed, long PendingBytes, long PrecopyOnlyBytes = 0);
