namespace Savevm.Transport;

/// <summary>
/// One connection: an ordered stream of bytes in one or two directions. One thread may read while another writes;
/// two threads never read, and never write, at the same time. Calls block; <see cref="Abort"/> ends them.
/// </summary>
public interface IByteChannel : IDisposable
{
    /// <summary>What a person would call it, such as <c>unix:/run/x</c>; for messages.</summary>
    string Name { get; }

    /// <summary>Bytes can flow back (a socket); false for pipes and files.</summary>
    bool IsBidirectional { get; }

    /// <summary>Reads what is there, at least one byte; blocks while there is none. 0 means the peer ended the stream.</summary>
    /// <exception cref="IOException">The connection broke or <see cref="Abort"/> was called.</exception>
    int Read(Span<byte> buffer);

    /// <summary>Writes all bytes.</summary>
    /// <exception cref="IOException">The connection broke or <see cref="Abort"/> was called.</exception>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Writes all segments in order with as few system calls as the kernel allows.</summary>
    /// <exception cref="IOException">The connection broke or <see cref="Abort"/> was called.</exception>
    void Write(ReadOnlySpan<MemorySegment> segments);

    /// <summary>Waits until <see cref="Read"/> would not block. False when the time ran out; zero polls.</summary>
    bool WaitReadable(TimeSpan timeout);

    /// <summary>Ends the writing direction; the peer sees the end of the stream.</summary>
    void CloseWrite();

    /// <summary>Breaks the connection from any thread; blocked calls of other threads end with an <see cref="IOException"/>.</summary>
    void Abort();
}
