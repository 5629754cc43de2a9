namespace Savevm.Benchmarks.Measuring;

/// <summary>The median and what surrounds it.</summary>
internal readonly record struct Quartiles(double First, double Median, double Third, int Count)
{
    /// <summary>Those of some values; null of none.</summary>
    public static Quartiles? Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        double[] sorted = [.. values.Order()];
        return new Quartiles(At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75), sorted.Length);
    }

    private static double At(double[] sorted, double place)
    {
        double position = place * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }
}
