using Savevm.Linux;

namespace Savevm.Transport.Channels;

/// <summary>What channels on file descriptors share: the order of the bytes, partial writes, and the end by <see cref="Abort"/>.</summary>
public abstract unsafe class DescriptorChannel : IByteChannel
{
    private volatile bool aborted;
    private volatile bool writeClosed;

    private protected DescriptorChannel(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public abstract bool IsBidirectional { get; }

    /// <summary>Whether <see cref="Abort"/> was called.</summary>
    internal bool IsAborted => aborted;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) throw new ArgumentException("The buffer is empty: 0 would mean the end of the stream.", nameof(buffer));
        ThrowIfAborted();
        try
        {
            var count = ReadOnce(buffer);
            // A socket that was shut down looks like one whose peer ended the stream.
            if (count == 0) ThrowIfAborted();
            return count;
        }
        catch (Exception error) when (aborted && error is LinuxException or ObjectDisposedException)
        {
            throw Aborted(error);
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            var segment = new MemorySegment((nint)first, bytes.Length);
            Write(new ReadOnlySpan<MemorySegment>(in segment));
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<MemorySegment> segments)
    {
        if (writeClosed) throw new IOException($"{Name}: the writing direction was closed");
        try
        {
            for (var next = 0; next < segments.Length;)
            {
                var written = WriteSome(segments[next..]);
                while (next < segments.Length && written >= segments[next].Length) written -= segments[next++].Length;
                if (written == 0) continue;
                var cut = segments[next++];
                for (var done = written; done < cut.Length;)
                {
                    var rest = new MemorySegment(cut.Address + done, cut.Length - done);
                    done += WriteSome(new ReadOnlySpan<MemorySegment>(in rest));
                }
            }
        }
        catch (Exception error) when (aborted && error is LinuxException or ObjectDisposedException)
        {
            throw Aborted(error);
        }
    }

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout)
    {
        ThrowIfAborted();
        var ready = WaitUntilReadable(timeout);
        ThrowIfAborted();
        return ready;
    }

    /// <inheritdoc/>
    public void CloseWrite()
    {
        if (writeClosed) return;
        writeClosed = true;
        EndWrite();
    }

    /// <inheritdoc/>
    public void Abort()
    {
        aborted = true;
        try
        {
            EndBlockedCalls();
        }
        catch (ObjectDisposedException)
        {
            // It was closed before: nobody is blocked in it.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the descriptors.</summary>
    /// <param name="disposing">Always true; there is no finalizer.</param>
    protected abstract void Dispose(bool disposing);

    private protected abstract int ReadOnce(Span<byte> buffer);

    private protected abstract nint WriteOnce(ReadOnlySpan<MemorySegment> segments);

    private protected abstract bool WaitUntilReadable(TimeSpan timeout);

    private protected abstract void EndWrite();

    private protected abstract void EndBlockedCalls();

    private protected void ThrowIfAborted()
    {
        if (aborted) throw Aborted(null);
    }

    private nint WriteSome(ReadOnlySpan<MemorySegment> segments)
    {
        ThrowIfAborted();
        var written = WriteOnce(segments);
        // Only pieces of length 0 can be written as nothing; everything else would be tried for ever.
        if (written == 0 && segments[0].Length != 0) throw new IOException($"{Name}: nothing more can be written");
        return written;
    }

    private IOException Aborted(Exception? inner) => new($"{Name}: aborted", inner);
}
