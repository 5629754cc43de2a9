using Savevm.Machine.Ram;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Reads the channel for requested pages on a thread of its own: bare page records, with a current block of their own. A page that the machine waits
/// for is so never behind others that nobody asked for. Data plane, as <see cref="PageReceiver"/>. Chart: <c>docs/wire-format.md</c>, 8.5.
/// </summary>
internal sealed class PreemptReceiver(
    IByteChannel channel, IReadOnlyList<RamBlock> blocks, IReadOnlyList<AtomicPageBitmap> received, IPageWriter writer, MigrationStatistics statistics) : IDisposable
{
    private const int WindowLimit = 1 << 20;

    private readonly ForwardWindow window = new(channel);
    private readonly PageLocator located = new(blocks);
    private IEngineThread? thread;
    private volatile bool isEnding;
    private volatile Exception? failure;

    /// <summary>Why it ended too early; null where it did not.</summary>
    public Exception? Failure => failure;

    /// <summary>More pages may come.</summary>
    public bool IsReading => thread is { IsAlive: true };

    /// <summary>Called on its thread when it failed, after <see cref="Failure"/> is set: ends what the main channel waits for.</summary>
    public required Action Broken { get; init; }

    /// <summary>Called with the block and the page when one has come.</summary>
    public Action<int, long>? Arrived { get; init; }

    /// <summary>Begins to read. The channel may be one that is yet to come.</summary>
    public void Start(Surroundings surroundings) => thread = surroundings.Start("savevm requested pages", Run);

    /// <summary>Breaks the channel, which nobody needs any more; returns when the thread has ended.</summary>
    public void Dispose()
    {
        isEnding = true;
        channel.Abort();
        thread?.Join();
        writer.Dispose();
        window.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!ReceiveBuffered())
            {
                writer.Flush();
                if (!window.Fill(WindowLimit)) throw new PeerLostException($"{channel.Name}: the source ended the channel for requested pages at offset 0x{window.Offset:x}");
            }
            writer.Flush();
        }
        catch (Exception broken)
        {
            if (isEnding) return;
            failure = broken is WireException defect ? new WireException(defect.Offset, $"on the channel for requested pages, {defect.Message}") : broken;
            Broken();
        }
    }

    /// <summary>Takes every whole record of the window. True when the source ended the channel by a mark, which the destination of QEMU 7.2 needs.</summary>
    private bool ReceiveBuffered()
    {
        var (normal, zero) = (0, 0);
        try
        {
            while (RamRecordReader.TryRead(window.Unread, window.Offset, out var record, out var headerBytes))
            {
                if (record.Kind == RamRecordKind.EndOfSection) return true;
                if (record.Kind is not (RamRecordKind.Page or RamRecordKind.ZeroPage))
                    throw new WireException(window.Offset, $"a RAM record of kind {record.Kind}, where pages alone may come");
                var page = located.Locate(record, window.Offset);
                PageLocator.DemandMissing(received[located.Current], blocks[located.Current], page, window.Offset);
                if (record.Kind == RamRecordKind.ZeroPage)
                {
                    writer.WriteZeroPage(located.Current, page);
                    zero++;
                }
                else
                {
                    if (window.Unread.Length < headerBytes + RamBlock.PageSize) return false;
                    writer.WritePage(located.Current, page, window.Unread.Slice(headerBytes, RamBlock.PageSize));
                    headerBytes += RamBlock.PageSize;
                    normal++;
                }
                received[located.Current].TrySet(page);
                Arrived?.Invoke(located.Current, page);
                window.Consume(headerBytes);
            }
            return false;
        }
        finally
        {
            statistics.AddPages(normal, zero);
        }
    }
}
