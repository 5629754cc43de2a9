namespace Savevm.Transport.Layers;

/// <summary>A channel of which the first bytes were looked at: whoever reads it gets them as if nobody had.</summary>
/// <param name="inner">The channel; disposed with this one.</param>
public sealed class PeekedChannel(IByteChannel inner) : IByteChannel
{
    private byte[] seen = [];
    private int seenBytes, given;

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public bool IsBidirectional => inner.IsBidirectional;

    /// <summary>What was looked at and not read yet.</summary>
    public ReadOnlySpan<byte> Seen => seen.AsSpan(given, seenBytes - given);

    /// <summary>Waits for more bytes and looks at them too, at most so many in all. False when the peer ended the stream, or no more are wanted.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public bool Peek(int atMost)
    {
        if (seen.Length < given + atMost) Array.Resize(ref seen, given + atMost);
        var room = seen.AsSpan(seenBytes);
        var count = room.IsEmpty ? 0 : inner.Read(room);
        seenBytes += count;
        return count > 0;
    }

    /// <summary>Waits until there is more than what was looked at. False when the time ran out.</summary>
    public bool WaitForMore(TimeSpan timeout) => inner.WaitReadable(timeout);

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (Seen.IsEmpty || buffer.IsEmpty) return inner.Read(buffer);
        var count = Math.Min(buffer.Length, Seen.Length);
        Seen[..count].CopyTo(buffer);
        given += count;
        return count;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => inner.Write(bytes);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<MemorySegment> segments) => inner.Write(segments);

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout) => !Seen.IsEmpty || inner.WaitReadable(timeout);

    /// <inheritdoc/>
    public void CloseWrite() => inner.CloseWrite();

    /// <inheritdoc/>
    public void Abort() => inner.Abort();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
