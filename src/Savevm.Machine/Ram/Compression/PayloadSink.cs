namespace Savevm.Machine.Ram.Compression;

/// <summary>Takes what a compressing stream writes for one payload.</summary>
internal sealed unsafe class PayloadSink : Stream
{
    private byte* start;
    private int capacity;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes of the payload.</summary>
    internal int Written { get; private set; }

    /// <summary>More was written than there is room for; what is in the memory is of no use.</summary>
    internal bool IsTooLong { get; private set; }

    /// <summary>Begins a payload. The memory must stay where it is until <see cref="End"/>.</summary>
    internal void Begin(byte* destination, int length)
    {
        start = destination;
        capacity = length;
        Written = 0;
        IsTooLong = false;
    }

    /// <summary>Forgets the memory; what is written now is dropped, such as a trailer when the stream is disposed.</summary>
    internal void End()
    {
        start = null;
        capacity = 0;
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (start == null) return;
        IsTooLong |= buffer.Length > capacity - Written;
        if (IsTooLong) return;

        // SAFETY: Begin was told that so many bytes are there, and its caller holds them in place.
        buffer.CopyTo(new Span<byte>(start + Written, buffer.Length));
        Written += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
