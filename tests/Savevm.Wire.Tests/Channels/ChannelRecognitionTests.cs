using Savevm.Wire.Channels;

namespace Savevm.Wire.Tests.Channels;

public class ChannelRecognitionTests
{
    [Theory]
    [InlineData("'QEVM'", ChannelKind.Main, 4)]
    [InlineData("11223344 00000001", ChannelKind.Multifd, 4)]
    [InlineData("'QCPR'", ChannelKind.Cpr, 4)]
    [InlineData("08 000a 0007 06 'pc.ram'", ChannelKind.Recovery, 12)]
    [InlineData("08 0009 0000", ChannelKind.Recovery, 5)]
    [InlineData("0000000000003008 06 'pc.ram'", ChannelKind.Preempt, 15)]
    [InlineData("0000000000003002 06 'pc.ram' 00", ChannelKind.Preempt, 16)]
    [InlineData("0000000000003028", ChannelKind.Unknown, 8)]
    [InlineData("0000000000000010", ChannelKind.Unknown, 8)]
    [InlineData("08 0001 0000", ChannelKind.Unknown, 5)]
    [InlineData("08 ffff 0000", ChannelKind.Unknown, 4)]
    [InlineData("16030100 aa", ChannelKind.Unknown, 8)]
    [InlineData("'GET / HTTP'", ChannelKind.Unknown, 8)]
    public void First_bytes_tell_the_channel_as_soon_as_they_can(string bytes, ChannelKind expected, int needed)
    {
        byte[] window = [.. Hex.Bytes(bytes), 0, 0, 0, 0];
        for (int cut = 0; cut < needed; cut++)
            Assert.False(ChannelRecognition.TryRecognise(window.AsSpan(0, cut), out _), $"cut at {cut}");
        Assert.True(ChannelRecognition.TryRecognise(window.AsSpan(0, needed), out ChannelKind kind));
        Assert.Equal(expected, kind);
        Assert.True(ChannelRecognition.TryRecognise(window, out kind));
        Assert.Equal(expected, kind);
    }
}
