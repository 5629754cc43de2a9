namespace Savevm.Benchmarks.Measuring;

/// <summary>Everything that a run found out.</summary>
internal sealed class Findings
{
    public List<BenchmarkFindings> Benchmarks { get; } = [];

    /// <summary>A contender failed, or a benchmark as a whole.</summary>
    public bool HasFailures => Benchmarks.Any(benchmark =>
        benchmark.Failure is not null || benchmark.Comparisons.Any(comparison => comparison.Series.Any(series => series.Failure is not null)));
}
