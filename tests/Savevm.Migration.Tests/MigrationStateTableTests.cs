using Savevm.Migration.Core;

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
    public void What_the_world_sees_follows_from_the_phases()
    {
        var seen = new HashSet<(MigrationState, MigrationState)>();
        // A source that hands the machine back is seen as it was before: its states are followed from every phase that can come to it.
        foreach (var row in SourcePhaseTable.Phases)
        {
            foreach (var happened in Enum.GetValues<SourceEvent>())
            {
                if (row.State is null || Next(row.Phase, happened) is not { } next) continue;
                if (next == SourcePhase.HandingBack) next = Next(next, happened)!.Value;
                if (SourcePhaseTable.RowOf(next).State is { } state && state != row.State) seen.Add((row.State.Value, state));
            }
        }
        var told = MigrationStateTable.Outgoing.Select(row => (row.From, row.To)).ToHashSet();
        Assert.Equal([], seen.Except(told).Where(pair => pair.Item1 != MigrationState.None));
        Assert.Equal([], told.Except(seen));
    }

    [Fact]
    public void The_machine_is_handed_back_from_every_phase_in_which_it_is_the_sources()
    {
        foreach (var row in SourcePhaseTable.Phases)
        {
            var isOver = row.Phase is SourcePhase.Completed or SourcePhase.Failed or SourcePhase.Cancelled;
            if (isOver || row.Phase == SourcePhase.HandingBack) continue;
            var failed = SourcePhaseTable.Step(row.Phase, SourceEvent.Failure);
            Assert.Equal(row.Authority == Authority.Source, failed == SourcePhase.HandingBack);
            var cancelled = SourcePhaseTable.Step(row.Phase, SourceEvent.Cancel);
            var expected = !SourcePhaseTable.CanCancel(row.Phase) ? row.Phase : row.Authority == Authority.Source ? SourcePhase.HandingBack : SourcePhase.Cancelled;
            Assert.Equal(expected, cancelled);
        }
    }

    [Fact]
    public void Every_phase_can_be_reached_and_what_is_done_in_it_leads_on()
    {
        Assert.Equal(Enum.GetValues<SourcePhase>(), SourcePhaseTable.Phases.Select(row => row.Phase));
        Assert.Equal(Enum.GetValues<IncomingPhase>(), IncomingPhaseTable.Phases.Select(row => row.Phase));
        foreach (var row in SourcePhaseTable.Phases.Where(row => row.Action != SourceAction.None))
            Assert.Contains(SourcePhaseTable.Steps, step => step.Phase == row.Phase);
        foreach (var row in IncomingPhaseTable.Phases.Where(row => row.Action != IncomingAction.None))
            Assert.Contains(IncomingPhaseTable.Rows, step => step.Phase == row.Phase);
    }

    private static SourcePhase? Next(SourcePhase phase, SourceEvent happened)
    {
        try
        {
            return SourcePhaseTable.Step(phase, happened);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
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
