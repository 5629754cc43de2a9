using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Migration.Core;
using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Pages.Multifd;

/// <summary>
/// One multifd channel of a source: a thread that reads the pages of its batches itself and writes them as packets. Long runs are sent from where
/// they lie, others are copied together. Data plane: no allocation, no lock, no avoidable copy per page.
/// </summary>
internal sealed unsafe class MultifdSendChannel : IDisposable
{
    private const int PayloadBytes = MultifdPacket.MaxPages * RamBlock.PageSize;

    private readonly IByteChannel channel;
    private readonly BatchQueue queue;
    private readonly PacketNumbers numbers;
    private readonly MigrationStatistics statistics;
    private readonly byte[][] names;
    private readonly MultifdCompression compression;
    private readonly bool hasZeroPages;
    private readonly IPageReader reader;
    private readonly IPayloadEncoder? encoder;
    private readonly Surroundings surroundings;
    private IEngineThread? thread;
    private readonly byte* head = (byte*)NativeMemory.Alloc(MultifdPacketWriter.RamHeaderBytes);
    private readonly byte* staging = (byte*)NativeMemory.AlignedAlloc(PayloadBytes, RamBlock.PageSize);
    private readonly byte* packed;
    private readonly ulong[] normal = new ulong[MultifdPacket.MaxPages];
    private readonly ulong[] zero = new ulong[MultifdPacket.MaxPages];
    private int normalPages, zeroPages, blockIndex;

    /// <summary>A channel of the form that <paramref name="form"/> says; its thread begins with <see cref="Start"/>.</summary>
    public MultifdSendChannel(IByteChannel channel, byte id, MultifdForm form, BatchQueue queue, PacketNumbers numbers, MigrationStatistics statistics)
    {
        (this.channel, this.queue, this.numbers, this.statistics) = (channel, queue, numbers, statistics);
        (Id, names, compression, hasZeroPages) = (id, form.BlockNames, form.Options.Compression, form.HasZeroPages);
        encoder = form.Options.CreateEncoder();
        // Whoever packs looks at each byte more than once, and must find the same.
        reader = encoder is null ? form.Ram.OpenReader() : form.Ram.OpenStableReader();
        packed = encoder is null ? null : (byte*)NativeMemory.Alloc(WireLimits.MaxMultifdPayloadBytes);
        surroundings = form.Surroundings;
    }

    /// <summary>Number of the channel.</summary>
    public byte Id { get; }

    /// <summary>Writes the packet that begins the channel, and begins to take batches.</summary>
    public void Start(Guid uuid)
    {
        var writer = new WireWriter();
        new MultifdInitialPacket(uuid, Id).Write(writer);
        Write(() => channel.Write(writer.WrittenSpan));
        statistics.AddMultifdBytes(writer.Length);
        thread = surroundings.Start($"savevm multifd {Id}", Run);
    }

    /// <summary>Writes a SYNC packet. Called by the thread that hands out batches, while no batch is under way.</summary>
    public void WriteSync()
    {
        var length = MultifdPacketWriter.WriteSync(new Span<byte>(head, MultifdPacketWriter.RamHeaderBytes), numbers.Next());
        Write(() => channel.Write(new ReadOnlySpan<byte>(head, length)));
        statistics.AddMultifdBytes(length);
    }

    /// <summary>Breaks the connection; a thread that is blocked in it goes on.</summary>
    public void Abort() => channel.Abort();

    /// <summary>Waits for the thread, which has been told to end, and gives everything back.</summary>
    public void Dispose()
    {
        thread?.Join();
        reader.Dispose();
        encoder?.Dispose();
        NativeMemory.Free(head);
        NativeMemory.AlignedFree(staging);
        NativeMemory.Free(packed);
    }

    private void Run()
    {
        try
        {
            while (queue.Take(out var batch))
            {
                Send(batch);
                queue.Return(batch);
            }
        }
        catch (Exception failure)
        {
            queue.Fail(failure);
        }
    }

    private void Send(PageBatch batch)
    {
        blockIndex = batch.BlockIndex;
        for (var index = 0; index < batch.Runs; index++)
        {
            var page = batch.First(index);
            for (var left = batch.Count(index); left > 0;)
            {
                var run = reader.Read(blockIndex, page, left);
                Add(page, run);
                page += run.PageCount;
                left -= run.PageCount;
            }
        }
        SendPacket(new Span<byte>(staging, normalPages * RamBlock.PageSize));
    }

    private void Add(long page, PageRun run)
    {
        if (!run.IsZero && run.IsScanned && run.PageCount >= PlainRounds.LongRunPages)
        {
            // What is copied together already goes first, and so do zero pages for which there is no place beside the run.
            if (normalPages > 0 || zeroPages + run.PageCount > MultifdPacket.MaxPages) SendPacket(new Span<byte>(staging, normalPages * RamBlock.PageSize));
            for (var index = 0; index < run.PageCount; index++) normal[normalPages++] = Address(page + index);
            SendPacket(run.Bytes);
            return;
        }
        for (var index = 0; index < run.PageCount; index++)
        {
            if (normalPages + zeroPages == MultifdPacket.MaxPages) SendPacket(new Span<byte>(staging, normalPages * RamBlock.PageSize));
            var content = run.IsZero ? default : run.Bytes.Slice(index * RamBlock.PageSize, RamBlock.PageSize);
            var isZero = run.IsZero || (!run.IsScanned && ZeroPage.IsZero(content));
            if (isZero && hasZeroPages)
            {
                zero[zeroPages++] = Address(page + index);
                continue;
            }
            // Towards a destination that knows no zero pages here: those that had contents when the main channel was told about zeros.
            var copy = new Span<byte>(staging + (normalPages * RamBlock.PageSize), RamBlock.PageSize);
            if (isZero) copy.Clear();
            else content.CopyTo(copy);
            normal[normalPages++] = Address(page + index);
        }
    }

    private static ulong Address(long page) => (ulong)page * RamBlock.PageSize;

    private void SendPacket(ReadOnlySpan<byte> pages)
    {
        if (normalPages + zeroPages == 0) return;
        if (encoder is not null && normalPages > 0)
        {
            var length = encoder.Encode(pages, new Span<byte>(packed, WireLimits.MaxMultifdPayloadBytes));
            pages = new ReadOnlySpan<byte>(packed, length);
        }
        var headBytes = MultifdPacketWriter.WritePages(
            new Span<byte>(head, MultifdPacketWriter.RamHeaderBytes), numbers.Next(), names[blockIndex], normal.AsSpan(0, normalPages),
            zero.AsSpan(0, zeroPages), compression, pages.Length);
        var segments = stackalloc MemorySegment[2];
        segments[0] = new MemorySegment((nint)head, headBytes);
        // SAFETY: pages lie in native memory: RAM, the reader's buffer, or a buffer of this object.
        segments[1] = new MemorySegment((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pages)), pages.Length);
        try
        {
            channel.Write(new ReadOnlySpan<MemorySegment>(segments, pages.IsEmpty ? 1 : 2));
        }
        catch (IOException broken)
        {
            throw Lost(broken);
        }
        statistics.AddMultifdBytes(headBytes + pages.Length);
        statistics.AddPages(normalPages, zeroPages);
        normalPages = zeroPages = 0;
    }

    private void Write(Action write)
    {
        try
        {
            write();
        }
        catch (IOException broken)
        {
            throw Lost(broken);
        }
    }

    private PeerLostException Lost(IOException broken) => new($"the destination stopped taking pages on multifd channel {Id}: {broken.Message}", broken);
}
