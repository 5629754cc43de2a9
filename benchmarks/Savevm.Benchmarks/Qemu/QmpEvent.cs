namespace Savevm.Benchmarks.Qemu;

/// <summary>When QEMU says that something happened, and when the benchmark read it.</summary>
internal sealed record QmpEvent(DateTime Utc, long Timestamp);
