namespace Savevm.Migration.Tests;

public sealed class MigrationStateTableTests
{
    [Fact]
    public void The_page_of_states_is_what_the_tables_say()
    {
        var printed = StatesPage.Print();
        var path = Path.Combine(StatesPage.RepositoryRoot(), "docs", "states.md");
        if (Environment.GetEnvironmentVariable("SAVEVM_WRITE_DOCS") == "1") File.WriteAllText(path, printed);
        Assert.Equal(printed, File.ReadAllText(path));
    }

    [Fact]
    public void Every_state_but_the_last_ones_can_be_left_and_every_one_but_the_first_reached()
    {
        foreach (var table in new[] { MigrationStateTable.Outgoing, MigrationStateTable.Incoming })
        {
            MigrationState[] ends = [MigrationState.Completed, MigrationState.Failed, MigrationState.Cancelled];
            var used = table.SelectMany(row => new[] { row.From, row.To }).Distinct().ToList();
            Assert.All(used.Except(ends), state => Assert.Contains(table, row => row.From == state));
            Assert.All(used.Where(state => state != MigrationState.None), state => Assert.Contains(table, row => row.To == state));
            Assert.All(ends, state => Assert.DoesNotContain(table, row => row.From == state));
        }
    }
}
