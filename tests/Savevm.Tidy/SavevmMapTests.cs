using System.Text.RegularExpressions;

namespace Savevm.Tidy;

/// <summary>The page that says where each part of QEMU's savevm.h is names nothing that does not exist.</summary>
public sealed partial class SavevmMapTests
{
    private static readonly string[][] Rows =
    [
        .. from line in RepositoryFiles.Read("docs/savevm-map.md").Split('\n')
           let cells = line.Split('|', StringSplitOptions.TrimEntries)
           where cells.Length == 5 && !cells[1].StartsWith("---", StringComparison.Ordinal) && cells[2] != "here"
           select cells[1..4],
    ];

    private static readonly ILookup<string, string> Sources =
        RepositoryFiles.CSharp.ToLookup(path => Path.GetFileName(path).Split('.')[0], RepositoryFiles.Read);

    public static TheoryData<string> Names => [.. Rows.SelectMany(row => Quoted().Matches(row[0]).Select(match => match.Groups["name"].Value))];

    [Fact]
    public void Every_row_names_something_of_ours_or_says_with_which_work_it_comes()
    {
        Assert.True(Rows.Length > 50, $"{Rows.Length} rows");
        Assert.All(Rows, row => Assert.True(
            row[2].Length > 0 ? Member().IsMatch(row[1]) || row[1].Contains("*read*", StringComparison.Ordinal) : row[1].Contains("not yet", StringComparison.Ordinal),
            $"{row[0]}: {row[1]}"));
    }

    [Fact]
    public void Nothing_has_two_rows()
    {
        string[] all = [.. Rows.Select(row => row[0])];
        Assert.Equal(all.Distinct(), all);
    }

    [Fact]
    public void Every_type_and_method_that_the_page_names_exists()
    {
        Assert.Equal("", Missing(1));
    }

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        Assert.Equal("", Missing(2));
        Assert.All(Rows.Where(row => row[2].Length > 0), row => Assert.Matches(Member(), row[2]));
    }

    /// <summary>A row that is lost is noticed.</summary>
    [Theory]
    [InlineData("state_blocked state_setup state_guest_unplug_pending state_resume_prepare state_header state_iterate state_cleanup")]
    [InlineData("state_complete_postcopy state_complete_precopy state_complete_precopy_non_iterable state_pending_exact state_pending_estimate")]
    [InlineData("send_ping send_open_return_path send_packaged send_postcopy_advise send_postcopy_listen send_postcopy_run send_postcopy_resume")]
    [InlineData("send_recv_bitmap send_postcopy_ram_discard send_colo_enable live_state save_device_state loadvm_state loadvm_state_main")]
    [InlineData("loadvm_state_cleanup load_device_state send_switchover_start loadvm_approve_switchover non_migratable_list state_prepare")]
    [InlineData("FILE_MAGIC FILE_VERSION FILE_VERSION_COMPAT EOF SECTION_START SECTION_PART SECTION_END SECTION_FULL SUBSECTION VMDESCRIPTION")]
    [InlineData("CONFIGURATION COMMAND SECTION_FOOTER PING_PACKAGED_LOADED")]
    [InlineData("OPEN_RETURN_PATH PING POSTCOPY_ADVISE POSTCOPY_LISTEN POSTCOPY_RUN POSTCOPY_RAM_DISCARD PACKAGED ENABLE_COLO POSTCOPY_RESUME")]
    [InlineData("RECV_BITMAP SWITCHOVER_START")]
    public void Every_name_of_the_header_has_its_row(string names)
    {
        Assert.Empty(names.Split(' ').Except(Names.Select(row => row.Data)));
    }

    private static string Missing(int column) => string.Join(
        '\n',
        from row in Rows
        from Match match in Member().Matches(row[column])
        let type = match.Groups["type"].Value
        let member = match.Groups["member"].Value
        where !Sources[type].Any(text => member.Length == 0 || Regex.IsMatch(text, $@"\b{member}\b"))
        select $"{row[0]}: {match.Value}");

    [GeneratedRegex(@"`(?<name>\w+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"`(?<type>[A-Z][A-Za-z0-9]+)(?:\.(?<member>\w+))?`")]
    private static partial Regex Member();
}
