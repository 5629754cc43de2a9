using System.Diagnostics.Metrics;
using Savevm.Hosting.DirtyTracking;
using Savevm.Migration.Live;
using Savevm.Migration.Metrics;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Migration.Tests.Live;

/// <summary>What a migration tells while it runs and afterwards.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task A_listener_gets_what_the_statistics_say_and_progress_comes_after_each_round()
    {
        using var source = new WritingMachine(3, DirtyTrackerTable.Software);
        var destination = TestMachine.Destination();
        var reports = new Reports();
        var options = new LiveOptions { Progress = reports, Convergence = new ConvergenceOptions { StopAfterRounds = 4 } };
        using var conversation = new LiveConversation(source, destination.AsDestination(), options);
        using var meter = new MigrationMeter(conversation.Outgoing.Statistics, "test-3");
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        var statistics = conversation.Outgoing.Statistics;
        Assert.Equal(Enumerable.Range(1, (int)statistics.DirtySyncCount).Select(round => (long)round), reports.Rounds);
        var seen = Listen("test-3");
        Assert.Equal(statistics.StreamBytes, seen["savevm.migration.stream"]);
        Assert.Equal(statistics.NormalPages, seen["savevm.migration.pages.normal"]);
        Assert.Equal(statistics.ZeroPages, seen["savevm.migration.pages.zero"]);
        Assert.Equal(statistics.DirtySyncCount, seen["savevm.migration.rounds"]);
        Assert.Equal(statistics.RamBytesTotal, seen["savevm.migration.ram"]);
        Assert.Equal(statistics.Downtime.TotalSeconds, seen["savevm.migration.downtime"]);
        Assert.Equal(16, seen.Count);
        Assert.True(statistics.NormalPages > 1000 && statistics.ZeroPages > 1000 && statistics.Downtime > TimeSpan.Zero);
    }

    private static Dictionary<string, double> Listen(string migration)
    {
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, on) =>
        {
            if (instrument.Meter.Name == MigrationMeter.Name && instrument.Meter.Tags?.Any(tag => (string?)tag.Value == migration) == true)
                on.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    private sealed class Reports : IProgress<MigrationStatistics>
    {
        public List<long> Rounds { get; } = [];

        public void Report(MigrationStatistics value) => Rounds.Add(value.DirtySyncCount);
    }
}
