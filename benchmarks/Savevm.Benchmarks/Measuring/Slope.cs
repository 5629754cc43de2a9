namespace Savevm.Benchmarks.Measuring;

/// <summary>How a figure grows.</summary>
internal static class Slope
{
    /// <summary>Least squares through (x, y); null of fewer than two points.</summary>
    public static double? Of(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count < 2)
        {
            return null;
        }

        double x = points.Average(point => point.X);
        double y = points.Average(point => point.Y);
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }

    /// <summary>The exponent with which it grows: the slope in a doubly logarithmic diagram.</summary>
    public static double? Exponent(IReadOnlyList<(double X, double Y)> points) =>
        points.Any(point => point.X <= 0 || point.Y <= 0) ? null : Of([.. points.Select(point => (Math.Log(point.X), Math.Log(point.Y)))]);
}
