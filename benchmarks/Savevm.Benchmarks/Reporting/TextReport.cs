using System.Globalization;
using System.Text;
using Savevm.Benchmarks.Measuring;

namespace Savevm.Benchmarks.Reporting;

/// <summary>The findings for people.</summary>
internal static class TextReport
{
    public static string Of(BenchmarkFindings benchmark)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n{benchmark.Name}: {benchmark.Title}\n");
        foreach (Comparison comparison in benchmark.Comparisons)
        {
            Append(text, comparison);
        }

        foreach (string note in benchmark.Notes)
        {
            text.Append(CultureInfo.InvariantCulture, $"  note: {note}\n");
        }

        if (benchmark.Failure is { } failure)
        {
            text.Append(CultureInfo.InvariantCulture, $"  FAILED: {failure}\n");
        }

        return text.ToString();
    }

    /// <summary>The closing list.</summary>
    public static string Targets(Findings findings)
    {
        var rows = new List<string[]>();
        foreach (BenchmarkFindings benchmark in findings.Benchmarks)
        {
            rows.AddRange(benchmark.Targets.Select(target => new[]
            {
                target.IsReached switch { true => "reached", false => "NOT REACHED", null => "not measured" },
                $"{benchmark.Name}: {target.Name}",
                $"{(target.AtMost ? "at most" : "at least")} {Number(target.Limit, target.Decimals)} {target.Unit}",
                target.Value is { } value ? $"{Number(value, target.Decimals)} {target.Unit}" : "-",
            }));
        }

        return rows.Count == 0 ? "" : "\ntargets\n" + Table([["", "what", "target", "measured"], .. rows], leftColumns: 2);
    }

    private static void Append(StringBuilder text, Comparison comparison)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n  {comparison.Title} ({comparison.Rounds} rounds; median, quartiles)\n");
        var rows = new List<string[]>
        {
            (string[])["", "", .. comparison.Quantities.Select(quantity => $"{quantity.Title} ({quantity.Unit})")],
        };
        foreach (Series series in comparison.Series)
        {
            rows.Add([RoleName(series.Role), series.Name, .. comparison.Quantities.Select(quantity => Cell(series.Values(quantity)))]);
        }

        text.Append(Table(rows, leftColumns: 2));
        foreach (Series series in comparison.Series.Where(series => series.Failure is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"  FAILED: {series.Name}: {series.Failure}\n");
        }

        if (comparison.Paired.Count > 0)
        {
            text.Append(Table(
                [["within each round", "median, quartiles"], .. comparison.Paired.Select(figure =>
                    new[] { figure.Name, $"{Cell(figure.Quartiles)} {figure.Unit}" })],
                leftColumns: 1));
        }
    }

    private static string RoleName(Role role) => role switch { Role.Ours => "ours", Role.Peer => "peer", _ => "limit" };

    private static string Cell(IReadOnlyCollection<double> values) => Quartiles.Of(values) is { } quartiles ? Cell(quartiles) : "-";

    private static string Cell(Quartiles quartiles) =>
        $"{Number(quartiles.Median)} ({Number(quartiles.First)} - {Number(quartiles.Third)})";

    /// <summary>About three digits that mean something.</summary>
    private static string Number(double value) => Number(value, Math.Abs(value) switch { >= 100 => 0, >= 10 => 1, _ => 2 });

    private static string Number(double value, int decimals) =>
        value.ToString(string.Create(CultureInfo.InvariantCulture, $"#,0.{new string('0', decimals)}"), CultureInfo.InvariantCulture);

    private static string Table(List<string[]> rows, int leftColumns)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            var line = new StringBuilder("   ");
            for (int column = 0; column < row.Length; column++)
            {
                line.Append(' ').Append(column < leftColumns ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column])).Append(' ');
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
