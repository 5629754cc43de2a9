using System.Diagnostics;

namespace Savevm.Transport.Layers;

/// <summary>
/// Reads at most so many bytes per second, so that a peer that knows no limit of its own is slowed down by its full socket. Sleeps,
/// never spins. Writes pass unchanged.
/// </summary>
public sealed class ThrottledChannel : IByteChannel
{
    // What may come at once after a pause; also the longest sleep.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);

    private readonly IByteChannel inner;
    private readonly ManualResetEventSlim aborted = new(false, 0);
    private long bytesPerSecond;
    private long paidUntil;

    /// <summary>Wraps a channel, which is disposed with this one.</summary>
    /// <param name="inner">The channel.</param>
    /// <param name="bytesPerSecond">See <see cref="BytesPerSecond"/>.</param>
    public ThrottledChannel(IByteChannel inner, long bytesPerSecond)
    {
        this.inner = inner;
        BytesPerSecond = bytesPerSecond;
        paidUntil = Stopwatch.GetTimestamp();
    }

    /// <summary>The limit; 0 is none. May be changed at any time, from any thread.</summary>
    public long BytesPerSecond
    {
        get => Volatile.Read(ref bytesPerSecond);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            Volatile.Write(ref bytesPerSecond, value);
        }
    }

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public bool IsBidirectional => inner.IsBidirectional;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        var rate = BytesPerSecond;
        if (rate == 0) return inner.Read(buffer);
        SleepUntilPaid();
        // A piece costs its time afterwards, so pieces are small: nothing is delayed by much more than the window.
        var piece = (int)Math.Clamp(rate / (long)(1 / Window.TotalSeconds), 1, buffer.Length == 0 ? 1 : buffer.Length);
        var count = inner.Read(buffer[..Math.Min(piece, buffer.Length)]);
        var now = Stopwatch.GetTimestamp();
        var saved = now - (long)(Window.TotalSeconds * Stopwatch.Frequency);
        paidUntil = Math.Max(paidUntil, saved) + (long)((double)count / rate * Stopwatch.Frequency);
        return count;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => inner.Write(bytes);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<MemorySegment> segments) => inner.Write(segments);

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    /// <inheritdoc/>
    public void CloseWrite() => inner.CloseWrite();

    /// <inheritdoc/>
    public void Abort()
    {
        aborted.Set();
        inner.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        inner.Dispose();
        aborted.Dispose();
    }

    private void SleepUntilPaid()
    {
        while (BytesPerSecond != 0)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), paidUntil);
            if (left <= TimeSpan.Zero) return;
            // Rounded up to whole milliseconds: a shorter sleep would be none.
            var sleep = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(left.TotalMilliseconds, Window.TotalMilliseconds)));
            if (aborted.Wait(sleep)) throw new IOException($"{Name}: aborted");
        }
    }
}
