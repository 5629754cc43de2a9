namespace Savevm.Benchmarks.Measuring;

/// <summary>What one benchmark found out.</summary>
/// <param name="Name">What the user chooses it by.</param>
/// <param name="Title">What it measures.</param>
internal sealed record BenchmarkFindings(string Name, string Title)
{
    public List<Comparison> Comparisons { get; } = [];

    public List<Target> Targets { get; } = [];

    /// <summary>Sentences that a reader of the figures must know.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Why it was given up; null when it was not.</summary>
    public string? Failure { get; set; }
}
