using System.Globalization;
using Savevm.Wire.Forward;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests;

/// <summary>The tables of the main stream and of the return path are those of <c>docs/wire-format.md</c>.</summary>
public class SpecificationTests
{
    [Fact]
    public void Section_types()
    {
        string[][] told = Specification.Table("2.3 Section types");
        Assert.Equal(told.Select(row => $"{row[0]} {row[1]}"), SectionTypeTable.Rows.Select(row => $"0x{(byte)row.Type:x2} {row.Name}"));
        foreach ((string[] cells, SectionTypeRow row) in told.Zip(SectionTypeTable.Rows))
        {
            // FULL refers to START.
            bool isFull = row.Type == SectionType.Full;
            Assert.Equal(cells[2].Contains("idstr", StringComparison.Ordinal) || isFull, row.NamesDevice);
            Assert.Equal(cells[2].EndsWith("footer", StringComparison.Ordinal) && row.Type != SectionType.Command, row.HasFooter);
        }
    }

    [Fact]
    public void Commands()
    {
        string[][] told = Specification.Table("6.2 Table");
        Assert.Equal(told.Select(row => $"{row[0]} {row[1]}"), CommandTable.Rows.Select(row => $"{(ushort)row.Type} {row.Name}"));
        foreach ((string[] cells, CommandRow row) in told.Zip(CommandTable.Rows))
        {
            string length = row.FixedLength is { } only ? only.ToString(CultureInfo.InvariantCulture)
                : row.LengthStep > 1 ? $"{row.MinLength} or {row.MaxLength}"
                : "variable";
            Assert.Equal(cells[2], length);
            Assert.Equal(cells[4] == "yes", row.First is null);
            Assert.Equal(cells[6] == "yes", row.Last is null);
            if (row.Last is { } last)
                Assert.StartsWith($"up to {last}", cells[6], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Return_path_messages()
    {
        string[][] told = Specification.Table("7.2 Table");
        Assert.Equal(told.Select(row => $"{row[0]} {row[1]}"), ReturnMessageTable.Rows.Select(row => $"{(ushort)row.Type} {row.Name}"));
        foreach ((string[] cells, ReturnMessageRow row) in told.Zip(ReturnMessageTable.Rows))
        {
            // A name of one byte is the shortest.
            string length = row.MinLength == row.MaxLength ? $"{row.MinLength}" : $"{row.MinLength - 1} + n";
            Assert.Equal(cells[2], length);
        }
    }
}
