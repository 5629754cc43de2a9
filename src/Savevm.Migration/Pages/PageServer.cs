using Savevm.Machine.Ram;
using Savevm.Migration.Metrics;
using Savevm.Migration.ReturnPath;
using Savevm.Wire;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Pages;

/// <summary>
/// Answers the destination's page requests, one at a time and at once. It reads the return path and writes pages on one
/// thread, because waking a second one costs more than reading and sending a page. Without a pump it is before postcopy, where requests are forbidden.
/// </summary>
internal sealed class PageServer(IReadOnlyList<RamBlock> blocks, ReturnPathReader returnPath, PagePump? requested, MigrationStatistics statistics)
{
    private readonly byte[][] names = [.. blocks.Select(block => System.Text.Encoding.ASCII.GetBytes(block.IdStr))];
    private int lastNamed = -1;
    private long lastRequestTicks;

    /// <summary>Its clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>When the last page was asked for, a time stamp of <see cref="Time"/>; another thread may read it.</summary>
    public long LastRequestTicks => Volatile.Read(ref lastRequestTicks);

    /// <summary>The destination said that it has everything.</summary>
    public bool IsShut { get; private set; }

    /// <summary>The destination agrees to the switch-over.</summary>
    public bool IsAcknowledged { get; private set; }

    /// <summary>Called with each PONG's value.</summary>
    public Action<uint>? PongArrived { get; init; }

    /// <summary>Told of every page that is asked for; null where nobody wants to know.</summary>
    public IPageRequestLog? RequestLog { get; init; }

    /// <summary>Takes and answers one message if it is there within the time; zero polls.</summary>
    /// <exception cref="WireException">A message has a defect, or asks for what does not exist.</exception>
    /// <exception cref="PeerRefusedException">The destination gave up.</exception>
    public bool ServeNext(TimeSpan wait)
    {
        var at = returnPath.Offset;
        if (!returnPath.TryNext(wait, out var message)) return false;
        switch (message.Type)
        {
            case ReturnMessageType.ReqPages:
                Serve(lastNamed, message.Start, message.Length, at);
                break;
            case ReturnMessageType.ReqPagesId:
                lastNamed = IndexOf(message.BlockName, at);
                Serve(lastNamed, message.Start, message.Length, at);
                break;
            case ReturnMessageType.Pong:
                PongArrived?.Invoke(message.Value);
                break;
            case ReturnMessageType.Shut:
                if (message.Value != 0) throw new PeerRefusedException(message.Value);
                IsShut = true;
                break;
            case ReturnMessageType.SwitchoverAck:
                // Who switches without waiting for it loses nothing by hearing it.
                IsAcknowledged = true;
                break;
            default:
                throw new WireException(at, $"return path message {message.Type} is not due now");
        }
        return true;
    }

    private void Serve(int blockIndex, ulong start, uint length, long at)
    {
        if (requested is null) throw new WireException(at, "a page request before the switch to postcopy");
        if (blockIndex < 0) throw new WireException(at, "a page request names no block and none was named before");
        var block = blocks[blockIndex];
        if (start % RamBlock.PageSize != 0 || length == 0 || length % RamBlock.PageSize != 0)
            throw new WireException(at, $"a page request for 0x{length:x} bytes at 0x{start:x} is not aligned to pages");
        if (length > (ulong)block.UsedLength || start > (ulong)block.UsedLength - length)
            throw new WireException(at, $"a page request for 0x{length:x} bytes at 0x{start:x} lies outside block '{block.IdStr}' of {block.UsedLength} bytes");
        Volatile.Write(ref lastRequestTicks, Time.GetTimestamp());
        var count = length / RamBlock.PageSize;
        var served = 0;
        for (var index = 0; index < count; index++)
        {
            var page = (long)(start / RamBlock.PageSize) + index;
            if (requested.PushRequested(new PageAddress(blockIndex, page))) served++;
            // Noted when it is on its way: the guest waits for the page and not for the note.
            RequestLog?.Note(blockIndex, page);
        }
        statistics.AddRequests(count, served);
    }

    private int IndexOf(ReadOnlySpan<byte> name, long at)
    {
        for (var index = 0; index < names.Length; index++)
        {
            if (name.SequenceEqual(names[index])) return index;
        }
        throw new WireException(at, $"a page request for the unknown RAM block '{System.Text.Encoding.ASCII.GetString(name)}'");
    }
}
