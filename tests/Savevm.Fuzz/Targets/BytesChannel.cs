using Savevm.Transport;

namespace Savevm.Fuzz.Targets;

/// <summary>A peer that has said everything already.</summary>
internal sealed class BytesChannel(byte[] bytes) : IByteChannel
{
    private int _at;

    public long WrittenBytes { get; private set; }

    public string Name => "bytes";

    public bool IsBidirectional => true;

    public int Read(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, bytes.Length - _at);
        bytes.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public void Write(ReadOnlySpan<byte> data) => WrittenBytes += data.Length;

    public void Write(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (MemorySegment segment in segments)
            WrittenBytes += (long)segment.Length;
    }

    public bool WaitReadable(TimeSpan timeout) => true;

    public void CloseWrite()
    {
    }

    public void Abort()
    {
    }

    public void Dispose()
    {
    }
}
