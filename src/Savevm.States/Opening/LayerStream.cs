using Savevm.Wire;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Savevm.States.Opening;

/// <summary>
/// The bytes of one layer, from its beginning on. Its first bytes can be looked at before they are read, and what a decompressor
/// thinks of the bytes below becomes a defect with their offset.
/// </summary>
/// <param name="inner">The bytes; owned.</param>
/// <param name="name">What makes them of the bytes below.</param>
/// <param name="below">The layer around this one; owned.</param>
/// <param name="position">Offset in the layer of the first byte of <paramref name="inner"/>.</param>
internal sealed class LayerStream(Stream inner, string name, LayerStream? below = null, long position = 0) : ReadingStream
{
    private byte[] _peeked = [];
    private int _start;
    private int _end;
    private long _position = position;

    /// <summary>Offset in the layer of the next byte that is read.</summary>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>The next bytes, fewer only where the layer ends. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Peek(int count)
    {
        if (_end - _start < count)
        {
            byte[] target = new byte[count];
            _peeked.AsSpan(_start, _end - _start).CopyTo(target);
            (_peeked, _end, _start) = (target, _end - _start, 0);
            while (_end < count && ReadInner(_peeked.AsSpan(_end, count - _end)) is int read and > 0)
                _end += read;
        }
        return _peeked.AsSpan(_start, Math.Min(count, _end - _start));
    }

    public override int Read(Span<byte> buffer)
    {
        int count;
        if (_start < _end)
        {
            count = Math.Min(buffer.Length, _end - _start);
            _peeked.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
        }
        else
        {
            count = ReadInner(buffer);
        }
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            below?.Dispose();
        }
        base.Dispose(disposing);
    }

    private int ReadInner(Span<byte> buffer)
    {
        try
        {
            return inner.Read(buffer);
        }
        catch (ZstdException e) when (e.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge)
        {
            throw new UnsupportedFormException(
                $"the zstd data needs more than {CompressedLayers.MaxWindowBytes >> 20} MiB of memory to be unpacked",
                "unpack it before: zstd -d --long=31 FILE");
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new WireException(
                below?.Position ?? 0,
                e is EndOfStreamException ? $"{name} data ends before its end" : $"{name} data is damaged, found at or before this offset");
        }
    }
}
