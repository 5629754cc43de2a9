using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;

namespace Savevm.Migration.Outgoing;

/// <summary>
/// The source's side of postcopy after the switch: answers page requests at once and pushes what nobody asked for between them, until every
/// page has travelled. Made before the switch, so that nothing is left to prepare when the destination runs.
/// </summary>
internal sealed class PostcopySender : IDisposable
{
    private static readonly TimeSpan ServeSlice = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PushPoll = TimeSpan.FromMilliseconds(2);

    private readonly IRamSource ram;
    private readonly ChannelSet channels;
    private readonly PostcopySettings settings;
    private readonly SentPages sent;
    private readonly MigrationStatistics statistics;
    private readonly IPageReader requestReader;
    private readonly PageRecordWriter requestWriter;
    private readonly PagePump requested;
    private readonly PageServer server;
    private volatile bool pushUnrequested, destinationLoaded, pushEnds;

    public PostcopySender(IRamSource ram, ChannelSet channels, PostcopySettings settings, SentPages sent, MigrationStatistics statistics, ReturnPathReader? returnPath = null)
    {
        this.ram = ram;
        this.channels = channels;
        this.settings = settings;
        this.sent = sent;
        this.statistics = statistics;
        pushUnrequested = settings.PushUnrequested;
        destinationLoaded = settings.IsLoaded;
        requestReader = ram.OpenReader();
        requestWriter = new PageRecordWriter(
            channels.Preempt ?? channels.Main, ram.Blocks, settings.RamSectionId, framed: channels.Preempt is null, statistics);
        requested = PumpOf(requestReader, requestWriter);
        server = new PageServer(ram.Blocks, returnPath ?? new ReturnPathReader(channels.Main), requested, statistics)
        {
            PongArrived = TakePong,
            RequestLog = settings.RequestLog,
            Time = settings.Surroundings.Time,
        };
    }

    /// <summary>From now on push every page, so that the guest soon needs us no more. Any thread.</summary>
    public void PushRemaining() => pushUnrequested = true;

    /// <summary>Sends all pages that are left. Afterwards nothing is missing but the end of the stream.</summary>
    public void SendRemaining()
    {
        if (channels.Preempt is null) ServeAndPush();
        else ServeBesidePush();
    }

    /// <summary>Waits until the destination says that it has everything.</summary>
    public void AwaitShut()
    {
        while (!server.IsShut) server.ServeNext(Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        requestWriter.Dispose();
        requestReader.Dispose();
    }

    /// <summary>One channel: requests first, unrequested pages between them, one thread.</summary>
    private void ServeAndPush()
    {
        var pacer = new Pacer(settings.BandwidthBytesPerSecond, settings.Surroundings.Time);
        while (sent.Remaining > 0)
        {
            var wait = MayPush ? pacer.HoldBack(server.LastRequestTicks) : ServeSlice;
            if (server.ServeNext(wait) || !MayPush || wait > TimeSpan.Zero) continue;
            if (!requested.PushNext(settings.PushPages)) break;
            pacer.Pushed(requested.PushedPages * RamBlock.PageSize);
        }
    }

    /// <summary>Two channels: this thread answers requests on the preempt channel, another pushes on the main one.</summary>
    private void ServeBesidePush()
    {
        Exception? pushFailure = null;
        var pusher = settings.Surroundings.Start("savevm page push", () =>
        {
            try
            {
                Push();
            }
            catch (Exception failure)
            {
                Volatile.Write(ref pushFailure, failure);
            }
        });
        try
        {
            while (pusher.IsAlive || sent.Remaining > 0)
            {
                if (Volatile.Read(ref pushFailure) is not null) break;
                server.ServeNext(ServeSlice);
            }
        }
        catch
        {
            channels.Abort();
            throw;
        }
        finally
        {
            pushEnds = true;
            pusher.Join();
        }
        if (pushFailure is { } thrown) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
    }

    private void Push()
    {
        using var reader = ram.OpenReader();
        using var writer = new PageRecordWriter(channels.Main, ram.Blocks, settings.RamSectionId, framed: true, statistics);
        var pump = PumpOf(reader, writer);
        var pacer = new Pacer(settings.BandwidthBytesPerSecond, settings.Surroundings.Time);
        while (!pushEnds && sent.Remaining > 0)
        {
            if (!MayPush)
            {
                settings.Surroundings.Sleep(PushPoll);
                continue;
            }
            if (pacer.HoldBack(server.LastRequestTicks) is var delay && delay > TimeSpan.Zero)
            {
                settings.Surroundings.Sleep(delay);
                continue;
            }
            if (!pump.PushNext(settings.PushPages)) return;
            pacer.Pushed(pump.PushedPages * RamBlock.PageSize);
        }
    }

    private void TakePong(uint value)
    {
        if (value == ConversationWriter.BeforeRunPing) destinationLoaded = true;
    }

    /// <summary>
    /// Unrequested pages wait until the devices are loaded: before, they would only delay the guest's first instruction.
    /// </summary>
    private bool MayPush => pushUnrequested && destinationLoaded;

    private PagePump PumpOf(IPageReader reader, PageRecordWriter writer) => new(ram.Blocks, sent, reader, writer)
    {
        SkippedBlocks = settings.SkippedBlocks,
        HostPages = settings.HostPages,
    };
}
