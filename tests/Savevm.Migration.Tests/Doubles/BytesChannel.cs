using Savevm.Transport;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A peer that sends these bytes, in pieces, and then ends the stream; what is written to it is kept.</summary>
internal sealed class BytesChannel(byte[] bytes, int pieceBytes = int.MaxValue) : IByteChannel
{
    private readonly List<byte> written = [];
    private int at;

    public string Name => "bytes";

    public bool IsBidirectional => true;

    public bool IsAborted { get; private set; }

    public byte[] Written => [.. written];

    public int Read(Span<byte> buffer)
    {
        var count = Math.Min(Math.Min(buffer.Length, pieceBytes), bytes.Length - at);
        bytes.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    public void Write(ReadOnlySpan<byte> data) => written.AddRange(data);

    public unsafe void Write(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (var segment in segments) Write(new ReadOnlySpan<byte>((void*)segment.Address, (int)segment.Length));
    }

    public bool WaitReadable(TimeSpan timeout) => true;

    public void CloseWrite()
    {
    }

    public void Abort() => IsAborted = true;

    public void Dispose()
    {
    }
}
