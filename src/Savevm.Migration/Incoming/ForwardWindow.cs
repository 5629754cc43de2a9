using System.Runtime.InteropServices;
using Savevm.Transport;

namespace Savevm.Migration.Incoming;

/// <summary>
/// The unread bytes of a forward stream in native memory. Readers look at <see cref="Unread"/>, <see cref="Consume"/>
/// what they understood and <see cref="Fill"/> when they need more. Offsets count from the beginning of the stream.
/// </summary>
/// <remarks>
/// <see cref="Fill"/> moves and overwrites memory: page writers that gather from the window must be flushed before.
/// One thread. A window over a package has no channel and never grows.
/// </remarks>
internal sealed unsafe class ForwardWindow : IDisposable
{
    private const int InitialBytes = 1 << 20;

    private readonly IByteChannel? channel;
    private byte* memory;
    private int capacity;
    private int start;
    private int end;

    /// <summary>A window over a connection.</summary>
    public ForwardWindow(IByteChannel channel)
    {
        this.channel = channel;
        capacity = InitialBytes;
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, 4096);
    }

    /// <summary>A window over bytes that are all there: a packaged stream that began at <paramref name="offset"/>.</summary>
    public ForwardWindow(ReadOnlySpan<byte> package, long offset)
    {
        capacity = Math.Max(1, package.Length);
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, 4096);
        package.CopyTo(new Span<byte>(memory, capacity));
        end = package.Length;
        Offset = offset;
        AtEnd = true;
    }

    /// <summary>Stream offset of the first unread byte.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes read ahead and not yet consumed; valid until the next <see cref="Fill"/>.</summary>
    public ReadOnlySpan<byte> Unread => new(memory + start, end - start);

    /// <summary>The peer ended the stream; nothing more will come.</summary>
    public bool AtEnd { get; private set; }

    /// <summary>Counts bytes as understood.</summary>
    public void Consume(int count)
    {
        if ((uint)count > (uint)(end - start)) throw new InvalidOperationException("More was consumed than was read.");
        start += count;
        Offset += count;
    }

    /// <summary>
    /// Reads more. The unread bytes are kept; the window grows up to <paramref name="limit"/> bytes when it is full.
    /// False when the stream has ended.
    /// </summary>
    public bool Fill(int limit)
    {
        if (channel is null || AtEnd) return false;
        MakeRoom(limit);
        var count = ReadChannel();
        if (count == 0)
        {
            AtEnd = true;
            return false;
        }
        end += count;
        return true;
    }

    /// <summary>Whether more bytes arrive within the time. An ended stream counts as arriving: the next fill will say so.</summary>
    public bool WaitForMore(TimeSpan timeout)
    {
        try
        {
            return channel is null || AtEnd || channel.WaitReadable(timeout);
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the connection broke at stream offset 0x{Offset:x}: {broken.Message}", broken);
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        capacity = start = end = 0;
    }

    /// <summary>A broken connection is told apart here from a sink that fails, which is an <see cref="IOException"/> too.</summary>
    private int ReadChannel()
    {
        try
        {
            return channel!.Read(new Span<byte>(memory + end, capacity - end));
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the connection broke at stream offset 0x{Offset:x}: {broken.Message}", broken);
        }
    }

    private void MakeRoom(int limit)
    {
        var unread = end - start;
        if (unread == 0)
        {
            start = end = 0;
            return;
        }
        if (unread < capacity)
        {
            // Only the tail of a record is left over, or little enough that moving it costs less than a system call saves.
            if (start > 0) Unread.CopyTo(new Span<byte>(memory, capacity));
            start = 0;
            end = unread;
            return;
        }
        if (capacity >= limit) throw new InvalidOperationException("A reader asked for more than its own limit.");
        var larger = (int)Math.Min(limit, (long)capacity * 2);
        var next = (byte*)NativeMemory.AlignedAlloc((nuint)larger, 4096);
        Unread.CopyTo(new Span<byte>(next, larger));
        NativeMemory.AlignedFree(memory);
        memory = next;
        capacity = larger;
        start = 0;
        end = unread;
    }
}
