namespace Savevm.Benchmarks.Measuring;

/// <summary>All rounds of one contender.</summary>
internal sealed class Series(Contender contender)
{
    private readonly List<IReadOnlyDictionary<Quantity, double>?> _rounds = [];

    public string Name => contender.Name;

    public Role Role => contender.Role;

    /// <summary>Why it was given up; null while it goes well.</summary>
    public string? Failure { get; private set; }

    public IReadOnlyList<double> Values(Quantity quantity) =>
        [.. _rounds.Where(round => round?.ContainsKey(quantity) == true).Select(round => round![quantity])];

    public double? Value(Quantity quantity, int round) =>
        round < _rounds.Count && _rounds[round] is { } values && values.TryGetValue(quantity, out double value) ? value : null;

    /// <summary>Takes part in a round.</summary>
    public void Run(bool counts)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            IReadOnlyDictionary<Quantity, double> values = contender.Measure();
            if (counts)
            {
                _rounds.Add(values);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Failure = exception is AggregateException { InnerException: { } inner } ? inner.Message : exception.Message;
        }
    }
}
