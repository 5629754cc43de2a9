namespace Savevm.Machine.Ram.Compression;

/// <summary>
/// Gives an endless zlib stream to a reader, one payload at a time. Between payloads it never says that it is at its end, for the reader
/// would believe it for good: it throws, and the reader can go on later.
/// </summary>
internal sealed unsafe class PayloadFeed : Stream
{
    private byte* next;
    private int left;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes of the payload that nobody has asked for yet.</summary>
    internal int Left => left;

    /// <summary>Begins a payload. The memory must stay where it is until <see cref="End"/>.</summary>
    internal void Begin(byte* payload, int length)
    {
        next = payload;
        left = length;
    }

    /// <summary>Forgets the payload.</summary>
    internal void End()
    {
        next = null;
        left = 0;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (left == 0) throw new PayloadEndException();
        var count = Math.Min(left, buffer.Length);

        // SAFETY: Begin was told that so many bytes are there, and its caller holds them in place.
        new ReadOnlySpan<byte>(next, count).CopyTo(buffer);
        next += count;
        left -= count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
