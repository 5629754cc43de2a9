using Savevm.Linux;
using Savevm.Migration;
using Savevm.Migration.Metrics;
using Savevm.Qemu;
using Savevm.Transport;

namespace Savevm.Resumes.Recovery;

/// <summary>A new connection to a QEMU that waits in postcopy because the last one broke. Called by the engine, on its thread.</summary>
/// <param name="destination">Its monitor.</param>
/// <param name="directory">The guest's run directory, where it is to listen.</param>
/// <param name="hasPreempt">Requested pages have a connection of their own.</param>
internal sealed class Reconnection(QemuDestination destination, string directory, bool hasPreempt)
{
    // A connection within one host breaks because somebody breaks it. Over and over without a page in between, it is no use.
    private const int MostWithoutProgress = 5;
    private static readonly TimeSpan SeeingTheBreak = TimeSpan.FromSeconds(10);

    private readonly string path = Path.Combine(directory, "recovery");
    private long pagesBefore = -1;
    private int withoutProgress;

    /// <summary>What was sent, by which progress is known.</summary>
    public MigrationStatistics? Statistics { get; set; }

    /// <summary>How often it was asked and gave a connection.</summary>
    public int Count { get; private set; }

    /// <summary>The connections; fails where there are none to be had.</summary>
    /// <exception cref="QemuException">QEMU has ended, or does not wait for a connection.</exception>
    /// <exception cref="LinuxException">It does not listen.</exception>
    public ChannelSet Open(CancellationToken cancellationToken)
    {
        destination.RecoverAsync($"unix:{path}", SeeingTheBreak, cancellationToken).GetAwaiter().GetResult();
        return Connect($"unix:{path}", hasPreempt, cancellationToken);
    }

    /// <summary>The channels to a QEMU that listens.</summary>
    public static ChannelSet Connect(string uri, bool hasPreempt, CancellationToken cancellationToken)
    {
        var address = ChannelAddress.Parse(uri);
        var main = address.Connect(cancellationToken);
        try
        {
            // Releases before 8.0 wait for it before they read anything; later ones take it whenever it comes.
            return new ChannelSet(main, hasPreempt ? address.Connect(cancellationToken) : null);
        }
        catch
        {
            main.Dispose();
            throw;
        }
    }

    /// <summary>For <see cref="Migration.Outgoing.OutgoingOptions.Recovery"/>: null where the failure was another, or QEMU is gone.</summary>
    public ChannelSet? OpenAgain(Exception broken, CancellationToken cancellationToken)
    {
        if (broken is not PeerLostException) return null;
        var pages = Statistics is { } statistics ? statistics.NormalPages + statistics.ZeroPages : 0;
        withoutProgress = pages == pagesBefore ? withoutProgress + 1 : 0;
        pagesBefore = pages;
        if (withoutProgress >= MostWithoutProgress) return null;
        try
        {
            var channels = Open(cancellationToken);
            Count++;
            return channels;
        }
        catch (Exception gone) when (gone is QemuException or LinuxException)
        {
            return null;
        }
    }
}
