using Savevm.Transport.Layers;

namespace Savevm.Transport.Tests.Layers;

public sealed class CountingChannelTests
{
    [Fact]
    public unsafe void Counts_both_directions_apart()
    {
        var (first, second) = ChannelPair.Create();
        using var counting = new CountingChannel(first);
        using var peer = second;
        counting.Write(new byte[10]);
        var bytes = stackalloc byte[8];
        counting.Write([new MemorySegment((nint)bytes, 5), new MemorySegment((nint)bytes, 3)]);
        peer.Write(new byte[7]);
        counting.Read(new byte[100]);
        Assert.Equal((7, 18), (counting.BytesRead, counting.BytesWritten));
    }
}
