namespace Savevm.States.Writing;

/// <summary>Where a form is written to, from the beginning to the end; zeros need not be written where they can be left out. For one thread.</summary>
public abstract class ExportStream : Stream
{
    private long _position;

    /// <inheritdoc/>
    public sealed override bool CanRead => false;

    /// <inheritdoc/>
    public sealed override bool CanSeek => false;

    /// <inheritdoc/>
    public sealed override bool CanWrite => true;

    /// <inheritdoc/>
    public sealed override long Length => _position;

    /// <summary>Bytes so far.</summary>
    public sealed override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Writes zeros, as a hole where the target has such.</summary>
    public void WriteZeros(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        PutZeros(_position, count);
        _position += count;
    }

    /// <inheritdoc/>
    public sealed override void Write(ReadOnlySpan<byte> buffer)
    {
        Put(_position, buffer);
        _position += buffer.Length;
    }

    /// <inheritdoc/>
    public sealed override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public sealed override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public sealed override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Takes bytes.</summary>
    protected abstract void Put(long position, ReadOnlySpan<byte> bytes);

    /// <summary>Takes zeros.</summary>
    protected abstract void PutZeros(long position, long count);
}
