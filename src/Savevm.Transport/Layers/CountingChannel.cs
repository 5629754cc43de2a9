namespace Savevm.Transport.Layers;

/// <summary>Counts what passes. The counts may be read from any thread.</summary>
/// <param name="inner">The channel; disposed with this one.</param>
public sealed class CountingChannel(IByteChannel inner) : IByteChannel
{
    private long bytesRead;
    private long bytesWritten;

    /// <summary>Bytes read so far.</summary>
    public long BytesRead => Volatile.Read(ref bytesRead);

    /// <summary>Bytes of all finished writes.</summary>
    public long BytesWritten => Volatile.Read(ref bytesWritten);

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public bool IsBidirectional => inner.IsBidirectional;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        Volatile.Write(ref bytesRead, bytesRead + count);
        return count;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        inner.Write(bytes);
        Volatile.Write(ref bytesWritten, bytesWritten + bytes.Length);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<MemorySegment> segments)
    {
        inner.Write(segments);
        var total = bytesWritten;
        foreach (var segment in segments) total += segment.Length;
        Volatile.Write(ref bytesWritten, total);
    }

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    /// <inheritdoc/>
    public void CloseWrite() => inner.CloseWrite();

    /// <inheritdoc/>
    public void Abort() => inner.Abort();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
