using System.IO.Compression;

namespace Savevm.States.Opening;

/// <summary>
/// Unpacks gzip, and tells a file that was cut off from one that has ended, which the runtime's own stream does not: behind the last byte it is fed
/// bytes that begin no further member. It looks at none of them when it has come to an end, and at all of them when it has not.
/// </summary>
internal sealed class GzipContent : ReadingStream
{
    private readonly Feed _feed;
    private readonly GZipStream _unpacking;

    internal GzipContent(Stream packed)
    {
        _feed = new Feed(packed);
        _unpacking = new GZipStream(_feed, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            // More input is asked for only when all output of the bytes before was handed out, so none of this is of the file.
            int count = _unpacking.Read(buffer);
            return count > 0 && _feed.HasEnded ? throw new EndOfStreamException() : count;
        }
        catch (InvalidDataException) when (_feed.HasEnded)
        {
            throw new EndOfStreamException();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _unpacking.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Feed(Stream packed) : ReadingStream
    {
        private const int SurplusBytes = 64;

        internal bool HasEnded { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            int count = packed.Read(buffer);
            if (count > 0 || buffer.IsEmpty)
                return count;
            if (HasEnded)
                throw new EndOfStreamException();
            HasEnded = true;
            count = Math.Min(buffer.Length, SurplusBytes);
            buffer[..count].Fill(0xff);
            return count;
        }
    }
}
