using System.Runtime.InteropServices;
using System.Text;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Incoming.Multifd;

/// <summary>
/// Reads one multifd channel on a thread of its own and hands its pages to a writer of its own. Every number is checked against the blocks
/// before anything is written. Data plane: no allocation, no lock per page; payloads that are not compressed are handed on where they were read.
/// </summary>
internal sealed unsafe class MultifdReceiveChannel : IDisposable
{
    private const int PagesBytes = MultifdPacket.MaxPages * RamBlock.PageSize;

    private readonly IByteChannel channel;
    private readonly MultifdReceiver receiver;
    private readonly MigrationStatistics statistics;
    private IEngineThread? thread;
    private readonly byte* head = (byte*)NativeMemory.Alloc(MultifdPacketWriter.RamHeaderBytes);
    private readonly byte* payload = (byte*)NativeMemory.AlignedAlloc(WireLimits.MaxMultifdPayloadBytes, RamBlock.PageSize);
    private byte* unpacked;
    private IPayloadDecoder? decoder;
    private MultifdCompression? compression;
    private IPageWriter? writer;
    private long offset;
    private int id = -1;
    private int current = -1;

    /// <summary>A channel whose thread begins with <see cref="Start"/>.</summary>
    public MultifdReceiveChannel(IByteChannel channel, MultifdReceiver receiver, MigrationStatistics statistics)
    {
        (this.channel, this.receiver, this.statistics) = (channel, receiver, statistics);
    }

    private SyncGate Gate => receiver.Gate;

    private Span<byte> Head => new(head, MultifdPacketWriter.RamHeaderBytes);

    /// <summary>Begins to read.</summary>
    public void Start(Surroundings surroundings) => thread = surroundings.Start("savevm multifd", Run);

    /// <summary>Breaks the connection; the thread ends.</summary>
    public void Abort() => channel.Abort();

    /// <summary>Waits for the thread, which has been told to end.</summary>
    public void Join() => thread?.Join();

    /// <summary>Gives everything back. The thread has ended.</summary>
    public void Dispose()
    {
        decoder?.Dispose();
        NativeMemory.Free(head);
        NativeMemory.AlignedFree(payload);
        NativeMemory.AlignedFree(unpacked);
    }

    private void Run()
    {
        try
        {
            ReadInitialPacket();
            while (ReadPacket())
            {
            }
            Gate.End(id);
        }
        catch (Exception failure)
        {
            receiver.Fail(Named(failure));
        }
        finally
        {
            // The thread that used it gives it back: a sink is sealed only when no writer is left.
            writer?.Dispose();
        }
    }

    private Exception Named(Exception failure) => failure switch
    {
        WireException defect => new WireException(defect.Offset, $"multifd channel {id}: {defect.Message}"),
        PeerLostException lost => new PeerLostException($"multifd channel {id}: {lost.Message}", lost),
        _ => failure,
    };

    private void ReadInitialPacket()
    {
        var got = 0;
        MultifdInitialPacket packet;
        while (!MultifdInitialPacket.TryRead(Head[..got], offset, out packet, out _))
        {
            if (!ReadMore(Head[..MultifdInitialPacket.PacketBytes], ref got)) throw Ended();
        }
        id = receiver.Register(packet, offset);
        offset += got;
    }

    /// <summary>Reads and applies a packet. False when the channel is at its end, or is to end.</summary>
    private bool ReadPacket()
    {
        var got = 0;
        MultifdPacket packet;
        while (!MultifdPacketReader.TryRead(Head[..got], offset, out packet, out _))
        {
            if (ReadMore(Head, ref got)) continue;
            return got == 0 ? false : throw Ended();
        }
        if (packet.IsDeviceState) throw new WireException(offset, "the state of a device comes on a multifd channel, which is not taken here");
        var start = offset;
        offset += got;
        if (packet.NormalPages + packet.ZeroPages > 0 && !TakePages(packet, start)) return false;
        statistics.AddMultifdBytes(offset - start);
        return !packet.IsSync || Gate.Arrive(id);
    }

    private bool TakePages(MultifdPacket packet, long start)
    {
        if (receiver.HasEnded) throw new WireException(start, "pages come on a multifd channel after the switch to postcopy");
        var blocks = receiver.AwaitBlocks();
        if (blocks is null) return false;
        writer ??= receiver.OpenWriter();
        var block = Find(packet.Name, blocks, start);
        for (var index = 0; index < packet.NormalPages; index++) Check(packet.GetNormalAddress(index), block, start);
        for (var index = 0; index < packet.ZeroPages; index++) Check(packet.GetZeroAddress(index), block, start);
        Gate.NotePages(id);
        if (packet.NormalPages > 0)
        {
            var pages = ReadPayload(packet, start);
            for (var index = 0; index < packet.NormalPages; index++)
                writer.WritePage(block.Index, PageOf(packet.GetNormalAddress(index)), pages.Slice(index * RamBlock.PageSize, RamBlock.PageSize));
        }
        for (var index = 0; index < packet.ZeroPages; index++) writer.WriteZeroPage(block.Index, PageOf(packet.GetZeroAddress(index)));
        writer.Flush();
        statistics.AddPages(packet.NormalPages, packet.ZeroPages);
        return true;
    }

    private static long PageOf(ulong address) => (long)(address / RamBlock.PageSize);

    private static void Check(ulong address, RamBlock block, long start)
    {
        if (address >= (ulong)block.UsedLength)
            throw new WireException(start, $"page address 0x{address:x} lies outside block '{block.IdStr}' of {block.UsedLength} bytes");
    }

    private ReadOnlySpan<byte> ReadPayload(MultifdPacket packet, long start)
    {
        // One stream of zlib or zstd lasts as long as the channel: its form cannot change.
        compression ??= packet.Compression;
        if (packet.Compression != compression) throw new WireException(start, $"a payload of {packet.Compression} after one of {compression}");
        var bytes = new Span<byte>(payload, packet.PayloadBytes);
        for (var got = 0; got < bytes.Length;)
        {
            if (!ReadMore(bytes, ref got)) throw Ended();
        }
        var payloadOffset = offset;
        offset += bytes.Length;
        if (compression == MultifdCompression.None) return bytes;
        if (decoder is null)
        {
            var create = CompressionTable.Find(packet.Compression).CreateDecoder
                ?? throw new MachineRefusedException($"multifd packets packed with {CompressionTable.Find(packet.Compression).Name} cannot be unpacked here");
            decoder = create();
            unpacked = (byte*)NativeMemory.AlignedAlloc(PagesBytes, RamBlock.PageSize);
        }
        var pages = new Span<byte>(unpacked, packet.NormalPages * RamBlock.PageSize);
        decoder.Decode(bytes, payloadOffset, pages);
        return pages;
    }

    private RamBlock Find(ReadOnlySpan<byte> name, IReadOnlyList<RamBlock> blocks, long start)
    {
        if (current >= 0 && name.SequenceEqual(receiver.NameOf(current))) return blocks[current];
        for (var index = 0; index < blocks.Count; index++)
        {
            if (!name.SequenceEqual(receiver.NameOf(index))) continue;
            current = index;
            return blocks[index];
        }
        throw new WireException(start, $"pages of the unknown RAM block '{Encoding.ASCII.GetString(name)}'");
    }

    private bool ReadMore(Span<byte> buffer, ref int got)
    {
        try
        {
            var count = channel.Read(buffer[got..]);
            got += count;
            return count > 0;
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the connection broke at offset 0x{offset:x}: {broken.Message}", broken);
        }
    }

    private PeerLostException Ended() => new($"it ended within a packet, at offset 0x{offset:x}");
}
