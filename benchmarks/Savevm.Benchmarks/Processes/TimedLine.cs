namespace Savevm.Benchmarks.Processes;

/// <summary>A line and when its end was read, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
internal sealed record TimedLine(long Timestamp, string Text);
