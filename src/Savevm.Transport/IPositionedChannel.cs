namespace Savevm.Transport;

/// <summary>
/// A channel whose bytes have places: a file, in which RAM lies where it can be mapped and the stream goes on behind it. Writing in order and
/// writing at a place do not disturb each other.
/// </summary>
public interface IPositionedChannel : IByteChannel
{
    /// <summary>Where the next byte of <see cref="IByteChannel.Write(ReadOnlySpan{byte})"/> goes, counted from the beginning of the file.</summary>
    long Position { get; set; }

    /// <summary>Writes all segments one behind the other, beginning at a position; <see cref="Position"/> stays. Any thread may call.</summary>
    /// <exception cref="IOException">The file system refused, or <see cref="IByteChannel.Abort"/> was called.</exception>
    void WriteAt(ReadOnlySpan<MemorySegment> segments, long position);
}
