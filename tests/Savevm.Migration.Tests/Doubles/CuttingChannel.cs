using Savevm.Transport;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>Breaks the connection after a number of written bytes, as a cut cable or a killed peer does.</summary>
internal sealed class CuttingChannel(IByteChannel inner, long afterBytes) : IByteChannel
{
    private long left = afterBytes;

    public string Name => inner.Name;

    public bool IsBidirectional => inner.IsBidirectional;

    public int Read(Span<byte> buffer) => inner.Read(buffer);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        var allowed = (int)Math.Min(left, bytes.Length);
        inner.Write(bytes[..allowed]);
        left -= allowed;
        if (allowed == bytes.Length) return;
        inner.Abort();
        throw new IOException("cut");
    }

    public unsafe void Write(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (var segment in segments) Write(new ReadOnlySpan<byte>((void*)segment.Address, (int)segment.Length));
    }

    public bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    public void CloseWrite() => inner.CloseWrite();

    public void Abort() => inner.Abort();

    public void Dispose() => inner.Dispose();
}
