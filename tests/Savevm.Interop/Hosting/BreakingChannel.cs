using Savevm.Transport;

namespace Savevm.Interop.Hosting;

/// <summary>A connection that breaks when so many bytes have passed in either direction.</summary>
internal sealed class BreakingChannel(IByteChannel inner, long afterBytes = long.MaxValue) : IByteChannel
{
    private long _left = afterBytes;

    public string Name => inner.Name;

    public bool IsBidirectional => inner.IsBidirectional;

    /// <summary>From now on so many bytes may pass.</summary>
    public void BreakAfter(long bytes) => Volatile.Write(ref _left, bytes);

    public int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        Pass(count);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        int allowed = (int)Math.Min(Math.Max(0, Volatile.Read(ref _left)), bytes.Length);
        inner.Write(bytes[..allowed]);
        Pass(bytes.Length);
    }

    public unsafe void Write(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (MemorySegment segment in segments)
        {
            Write(new ReadOnlySpan<byte>((void*)segment.Address, (int)segment.Length));
        }
    }

    public bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    public void CloseWrite() => inner.CloseWrite();

    public void Abort() => inner.Abort();

    public void Dispose() => inner.Dispose();

    private void Pass(int count)
    {
        if (Interlocked.Add(ref _left, -count) > 0)
        {
            return;
        }

        inner.Abort();
        throw new IOException($"{Name}: cut");
    }
}
