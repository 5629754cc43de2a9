using System.Globalization;
using System.Text.RegularExpressions;

namespace Savevm.Tidy;

public sealed partial class ExitCodeTests
{
    [Fact]
    public void The_README_lists_the_exit_codes_that_the_program_has()
    {
        Assert.Equal(Numbers(CodeRow(), "src/Savevm/ExitCode.cs"), Numbers(TableRow(), "README.md"));
    }

    private static int[] Numbers(Regex row, string path) =>
        [.. row.Matches(RepositoryFiles.Read(path)).Select(match => int.Parse(match.Groups["code"].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^\s+\w+ = (?<code>\d+),", RegexOptions.Multiline)]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"^\| (?<code>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
