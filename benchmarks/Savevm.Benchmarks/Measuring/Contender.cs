namespace Savevm.Benchmarks.Measuring;

/// <summary>One of those that take turns within a round.</summary>
/// <param name="Name">Its name, unique in its comparison.</param>
/// <param name="Role">On whose side it is.</param>
/// <param name="Measure">Does it once and returns what was measured; throws when it fails, which ends its part for good.</param>
internal sealed record Contender(string Name, Role Role, Func<IReadOnlyDictionary<Quantity, double>> Measure);
