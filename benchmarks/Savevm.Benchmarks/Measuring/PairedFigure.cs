namespace Savevm.Benchmarks.Measuring;

/// <summary>A ratio or a difference of two contenders within the same rounds.</summary>
internal sealed record PairedFigure(string Name, string Unit, Quartiles Quartiles);
