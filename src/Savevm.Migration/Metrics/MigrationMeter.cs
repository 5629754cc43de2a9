using System.Diagnostics.Metrics;

namespace Savevm.Migration.Metrics;

/// <summary>
/// Publishes the counters of one migration to whoever listens to the meter <c>Savevm.Migration</c>. They are read when somebody asks; the
/// migration pays nothing. Disposed by its owner when the migration has ended.
/// </summary>
public sealed class MigrationMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Savevm.Migration";

    private readonly Meter meter;

    /// <summary>Begins to publish.</summary>
    /// <param name="statistics">The counters of a migration, of either side.</param>
    /// <param name="migration">Names it among others in the tag <c>migration</c>; null for none.</param>
    public MigrationMeter(MigrationStatistics statistics, string? migration = null)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        meter = new Meter(new MeterOptions(Name) { Tags = migration is null ? null : [new("migration", migration)] });
        Count("savevm.migration.stream", "By", "Bytes of the main stream.", () => statistics.StreamBytes);
        Count("savevm.migration.multifd", "By", "Bytes of the multifd channels.", () => statistics.MultifdBytes);
        Count("savevm.migration.xbzrle", "By", "Bytes of differences.", () => statistics.Xbzrle?.Bytes ?? 0);
        Count("savevm.migration.xbzrle.pages", "{page}", "Pages that were found in the cache of differences.", () => statistics.Xbzrle?.Pages ?? 0);
        Count("savevm.migration.xbzrle.miss", "{page}", "Pages that were not found in it.", () => statistics.Xbzrle?.CacheMiss ?? 0);
        Count("savevm.migration.xbzrle.overflow", "{page}", "Pages whose difference was longer.", () => statistics.Xbzrle?.Overflow ?? 0);
        Count("savevm.migration.pages.normal", "{page}", "Pages with contents, repeats counted.", () => statistics.NormalPages);
        Count("savevm.migration.pages.zero", "{page}", "Pages of zeros, repeats counted.", () => statistics.ZeroPages);
        Count("savevm.migration.requests", "{page}", "Pages that the destination asked for.", () => statistics.RequestsReceived);
        Count("savevm.migration.rounds", "{round}", "Rounds of RAM.", () => statistics.DirtySyncCount);
        Show("savevm.migration.ram", "By", "RAM of the machine.", () => statistics.RamBytesTotal);
        Show("savevm.migration.remaining", "By", "RAM that was left after the last round.", () => statistics.RemainingBytes);
        Show("savevm.migration.rate", "By/s", "Rate at which the stream takes rounds.", () => statistics.BytesPerSecond);
        Show("savevm.migration.throttle", "%", "Share of its time that is taken from the machine.", () => statistics.ThrottlePercent);
        Show("savevm.migration.downtime.expected", "s", "How long the machine would stand still.", () => statistics.ExpectedDowntime.TotalSeconds);
        Show("savevm.migration.downtime", "s", "How long it stood still.", () => statistics.Downtime.TotalSeconds);
    }

    /// <summary>Publishes no more.</summary>
    public void Dispose() => meter.Dispose();

    private void Count(string name, string unit, string description, Func<long> read) => meter.CreateObservableCounter(name, read, unit, description);

    private void Show<T>(string name, string unit, string description, Func<T> read)
        where T : struct => meter.CreateObservableGauge(name, read, unit, description);
}
