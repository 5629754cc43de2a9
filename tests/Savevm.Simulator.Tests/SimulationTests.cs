using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Tests;

/// <summary>The engines on seeds that every run of the tests repeats; <c>./test simulate</c> takes as many as one likes.</summary>
public sealed class SimulationTests
{
    private const int Seeds = 1500;

    static SimulationTests() => Scheduler.UseOneProcessor();

    [Fact]
    public void Whatever_happens_the_machine_runs_on_one_side_and_has_all_of_its_memory()
    {
        var ends = new Dictionary<(string, string), int>();
        var (postcopies, recovered, twice, broken, still) = (0, 0, 0, 0, 0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var outcome = Run(seed);
            var end = (outcome.Source.ToString(), outcome.Destination.ToString());
            ends[end] = ends.GetValueOrDefault(end) + 1;
            if (outcome.IsPostcopy) postcopies++;
            if (outcome.Recoveries > 0) recovered++;
            if (outcome.Recoveries > 1) twice++;
            broken += outcome.BrokenRecoveries;
            if (outcome.IsStill && outcome.Recoveries > 0) still++;
        }
        // They are no proof if they all ended in the same way.
        Assert.InRange(ends[("Completed", "Completed")], Seeds / 4, Seeds * 3 / 4);
        Assert.InRange(ends[("Failed", "Failed")], Seeds / 10, Seeds * 3 / 4);
        Assert.Contains(ends.Keys, end => end.Item1 == "PostcopyPaused");
        Assert.Contains(ends.Keys, end => end.Item1 == "Cancelled");
        Assert.InRange(recovered, postcopies / 4, postcopies);
        Assert.InRange(twice, postcopies / 25, postcopies);
        Assert.InRange(broken, postcopies / 25, Seeds * 5);
        Assert.InRange(still, postcopies / 25, postcopies);
    }

    [Fact]
    public void A_seed_replays_exactly()
    {
        for (var seed = 1; seed <= 40; seed++) Assert.Equal(Run(seed), Run(seed));
        Assert.NotEqual(Run(1).Fingerprint, Run(2).Fingerprint);
    }

    [Fact]
    public void A_write_that_a_tracker_forgets_is_found()
    {
        var found = 0;
        for (var seed = 1; seed <= 600; seed++)
        {
            var scenario = Scenario.Draw(seed) with { LosesWrites = true };
            // One that stands still writes nothing.
            if (!scenario.MustComplete || scenario.IsStill) continue;
            try
            {
                using var simulation = new Simulation(seed, scenario);
                simulation.Run();
            }
            catch (SimulationException failure)
            {
                Assert.Matches("is not what the machine had|the machine read", failure.Message);
                found++;
            }
        }
        Assert.InRange(found, 5, 600);
    }

    private static Outcome Run(int seed)
    {
        using var simulation = new Simulation(seed);
        try
        {
            return simulation.Run();
        }
        catch (SimulationException failure)
        {
            throw new InvalidOperationException($"seed {seed}: ./test simulate --first {seed} --count 1", failure);
        }
    }
}
