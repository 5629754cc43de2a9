using System.Text;

namespace Savevm.Cli.Output;

/// <summary>Columns of text, as wide as they must be, two spaces apart.</summary>
/// <param name="titles">The titles of the columns.</param>
public sealed class TextTable(params string[] titles)
{
    private readonly List<string[]> _rows = [titles];

    /// <summary>Adds a row; as many cells as there are columns.</summary>
    public void Add(params string[] cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, titles.Length);
        _rows.Add(cells);
    }

    /// <summary>The table without a line's end at its end.</summary>
    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, titles.Length).Select(column => _rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in _rows)
        {
            var line = new StringBuilder();
            for (int column = 0; column < row.Length; column++)
            {
                line.Append(row[column].PadRight(widths[column])).Append("  ");
            }

            text.Append(text.Length == 0 ? "" : "\n").Append(line.ToString().TrimEnd());
        }

        return text.ToString();
    }
}
