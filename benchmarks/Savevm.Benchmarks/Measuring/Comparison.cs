namespace Savevm.Benchmarks.Measuring;

/// <summary>Contenders that were measured in turn, round by round, so that what disturbs the machine disturbs all of them.</summary>
internal sealed class Comparison(string title, IReadOnlyList<Quantity> quantities)
{
    private readonly List<PairedFigure> _paired = [];
    private IReadOnlyList<Series> _series = [];

    public string Title => title;

    public IReadOnlyList<Quantity> Quantities => quantities;

    public IReadOnlyList<Series> Series => _series;

    /// <summary>What was computed within each round, in the order in which it was asked for.</summary>
    public IReadOnlyList<PairedFigure> Paired => _paired;

    public int Rounds { get; private set; }

    /// <summary>Runs all rounds, one more before them that does not count.</summary>
    public void Run(int rounds, IEnumerable<Contender> contenders, Action<string> progress)
    {
        _series = [.. contenders.Select(contender => new Series(contender))];
        Rounds = rounds;
        for (int round = 0; round <= rounds; round++)
        {
            progress(round == 0 ? $"{title}: warming up" : $"{title}: round {round} of {rounds}");
            foreach (Series series in _series)
            {
                series.Run(counts: round > 0);
            }
        }
    }

    public Series? Find(string name) => _series.FirstOrDefault(series => series.Name == name);

    /// <summary>The quotient of two contenders' values, round by round; nothing when one of them has none.</summary>
    public Quartiles? Ratio(string name, string numerator, string denominator, Quantity quantity) =>
        Pair(name, numerator, denominator, quantity, "x", (a, b, _) => a / b);

    /// <summary>The same, where the first value is lessened by a third contender's: what a program does besides its start.</summary>
    public Quartiles? RatioBeyond(string name, string numerator, string less, string denominator, Quantity quantity)
    {
        if (Find(less) is not { } third)
        {
            return null;
        }

        double?[] lessened = [.. Enumerable.Range(0, Rounds).Select(round => third.Value(quantity, round))];
        return Pair(name, numerator, denominator, quantity, "x", (a, b, round) => (a - lessened[round] ?? double.NaN) / b);
    }

    /// <summary>The difference of two contenders' values, round by round; nothing when one of them has none.</summary>
    public Quartiles? Difference(string name, string minuend, string subtrahend, Quantity quantity) =>
        Pair(name, minuend, subtrahend, quantity, quantity.Unit, (a, b, _) => a - b);

    public Quartiles? Median(string contender, Quantity quantity) => Find(contender) is { } series ? Quartiles.Of(series.Values(quantity)) : null;

    private Quartiles? Pair(
        string name, string first, string second, Quantity quantity, string unit, Func<double, double, int, double> combine)
    {
        if (Find(first) is not { } a || Find(second) is not { } b)
        {
            return null;
        }

        double[] values = [.. Enumerable.Range(0, Rounds)
            .Select(round => (A: a.Value(quantity, round), B: b.Value(quantity, round), Round: round))
            .Where(pair => pair.A is not null && pair.B is not null)
            .Select(pair => combine(pair.A!.Value, pair.B!.Value, pair.Round)).Where(value => !double.IsNaN(value))];
        if (Quartiles.Of(values) is not { } quartiles)
        {
            return null;
        }

        _paired.Add(new PairedFigure(name, unit, quartiles));
        return quartiles;
    }
}
