namespace Savevm;

/// <summary>What a replay sent.</summary>
/// <param name="ForwardBytes">Bytes sent.</param>
/// <param name="Connections">Connections made.</param>
/// <param name="HasShut">The destination said that it has everything; otherwise the recording has no such word and the stream was sent to its end.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record ReplayReport(long ForwardBytes, int Connections, bool HasShut, TimeSpan Elapsed);
