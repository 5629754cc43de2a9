using Savevm.States.Opening;
using Savevm.Wire;

namespace Savevm.States.Reading;

/// <summary>
/// A stream that is read once, from its beginning to its end, through a window: what was read and not yet consumed. The window grows only
/// for an element that is longer, so memory does not depend on the length of the stream. What lies in a file that can be read at any place can be
/// gone back to. For one thread.
/// </summary>
public sealed class StateInput : IDisposable
{
    // Who has read so much in a row goes on in a row.
    private const long BytesBeforeReadAhead = 4 << 20;

    /// <summary>Bytes of the window unless an element is longer.</summary>
    public const int DefaultWindowBytes = 256 << 10;

    private readonly Stream? _stream;
    private readonly StateStorage? _storage;
    private readonly bool _leavesOpen;
    private byte[] _buffer;
    private byte[]? _own;
    private ReadAhead? _ahead;
    private long _sinceJump;
    private int _start;
    private int _end;

    /// <summary>Reads a stream from where it stands.</summary>
    /// <param name="stream">The stream; it is disposed of with this.</param>
    /// <param name="offset">Offset that the first byte shall have.</param>
    /// <param name="windowBytes">Bytes of the window.</param>
    public StateInput(Stream stream, long offset = 0, int windowBytes = DefaultWindowBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(windowBytes, 1);
        _stream = stream;
        _buffer = GC.AllocateUninitializedArray<byte>(windowBytes);
        Offset = offset;
    }

    /// <summary>Reads what was opened, from the first byte of its stream on. Offsets are those of the file, or of the layer around the stream.</summary>
    /// <param name="file">The opened file; it is not disposed of with this.</param>
    /// <param name="windowBytes">Bytes of the window.</param>
    public StateInput(SavedStateFile file, int windowBytes = DefaultWindowBytes)
    {
        ArgumentNullException.ThrowIfNull(file);
        _storage = file.Storage;
        _stream = _storage is null ? file.Content : null;
        _leavesOpen = true;
        _buffer = GC.AllocateUninitializedArray<byte>(windowBytes);
        Offset = file.ContentOffset;
    }

    /// <summary>What was read and not consumed. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Offset of the first unread byte.</summary>
    public long Offset { get; private set; }

    /// <summary>It can be gone to any place.</summary>
    public bool CanSeek => _storage is not null;

    /// <summary>The stream has ended: nothing follows <see cref="Unread"/>.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Reads more. False when the stream has ended.</summary>
    /// <param name="limit">Most unread bytes that the caller can have a reason to want.</param>
    /// <exception cref="WireException">There are as many as <paramref name="limit"/> already.</exception>
    public bool ReadMore(int limit = int.MaxValue)
    {
        if (IsAtEnd)
            return false;
        int unread = _end - _start;
        if (unread >= limit)
            throw new WireException(Offset, $"an element of more than {limit} bytes");
        if (TakeChunk(unread))
            return true;
        if (_end == _buffer.Length)
            MakeRoom(unread);
        int count = _storage?.Read(_buffer.AsSpan(_end), Offset + unread) ?? _stream!.Read(_buffer.AsSpan(_end));
        IsAtEnd = count == 0;
        _end += count;
        _sinceJump += count;
        return !IsAtEnd;
    }

    /// <summary>Reads until so many bytes are unread. False when the stream ends before.</summary>
    public bool Require(int bytes)
    {
        while (_end - _start < bytes)
        {
            if (!ReadMore())
                return false;
        }
        return true;
    }

    /// <summary>Goes on behind bytes that were looked at.</summary>
    public void Consume(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_end - _start), nameof(bytes));
        _start += bytes;
        Offset += bytes;
        if (_start == _end)
            _start = _end = 0;
    }

    /// <summary>Passes over bytes of any number. False when the stream ends before.</summary>
    public bool Skip(long bytes)
    {
        if (_storage is not null && bytes > _end - _start)
        {
            // The last byte is read: a file that ends before is noticed.
            Seek(Offset + bytes - 1);
            bytes = 1;
        }
        while (bytes > 0)
        {
            if (_start == _end && !ReadMore())
                return false;
            int count = (int)Math.Min(bytes, _end - _start);
            Consume(count);
            bytes -= count;
        }
        return true;
    }

    /// <summary>Goes to a place in the file, also back.</summary>
    /// <exception cref="InvalidOperationException">The stream can only be read forward.</exception>
    public void Seek(long offset)
    {
        if (_storage is null)
            throw new InvalidOperationException("The stream can only be read forward.");
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Offset && offset - Offset <= _end - _start)
        {
            Consume((int)(offset - Offset));
            return;
        }
        EndReadAhead(unread: 0);
        _start = _end = 0;
        Offset = offset;
        IsAtEnd = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ahead?.Dispose();
        _ahead = null;
        if (!_leavesOpen)
            _stream?.Dispose();
    }

    /// <summary>Takes what another thread has read already. False where there is no such thread.</summary>
    private bool TakeChunk(int unread)
    {
        if (_ahead is null)
        {
            bool isLong = _sinceJump >= BytesBeforeReadAhead && _storage?.Length - Offset >= BytesBeforeReadAhead;
            if (!isLong || _buffer.Length < ReadAhead.BufferBytes || unread > ReadAhead.HeadroomBytes || Environment.ProcessorCount == 1)
                return false;
            _own = _buffer;
            _ahead = new ReadAhead(_storage!.Read, Offset + unread);
        }
        if (unread > ReadAhead.HeadroomBytes)
        {
            EndReadAhead(unread);
            return false;
        }
        int count = _ahead.Take(Unread, _own!, out _buffer);
        _start = ReadAhead.HeadroomBytes - unread;
        _end = ReadAhead.HeadroomBytes + count;
        if (count < ReadAhead.ChunkBytes)
            EndReadAhead(unread + count);
        return count > 0;
    }

    /// <summary>Reads by itself again, with what is unread in its own buffer.</summary>
    private void EndReadAhead(int unread)
    {
        _sinceJump = 0;
        if (_ahead is null)
            return;
        _ahead.Dispose();
        _ahead = null;
        Buffer.BlockCopy(_buffer, _start, _own!, 0, unread);
        _buffer = _own!;
        _start = 0;
        _end = unread;
    }

    private void MakeRoom(int unread)
    {
        byte[] target = _start >= _buffer.Length / 2
            ? _buffer
            : GC.AllocateUninitializedArray<byte>(checked(_buffer.Length * 2));
        Buffer.BlockCopy(_buffer, _start, target, 0, unread);
        _buffer = target;
        _start = 0;
        _end = unread;
    }
}
