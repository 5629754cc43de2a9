using Savevm.Transport.Layers;

namespace Savevm.Transport.Tests.Layers;

public sealed class DeferredChannelTests
{
    [Fact]
    public void It_is_opened_once_and_when_it_is_used()
    {
        var (near, far) = ChannelPair.Create();
        using var other = far;
        var opened = 0;
        using var channel = new DeferredChannel("later", () =>
        {
            opened++;
            return near;
        });
        Assert.Equal(0, opened);
        channel.Write("abc"u8);
        channel.Write("de"u8);
        Assert.Equal(1, opened);
        var bytes = new byte[5];
        for (var read = 0; read < bytes.Length;) read += other.Read(bytes.AsSpan(read));
        Assert.Equal("abcde"u8, bytes);
        other.Write("x"u8);
        Assert.True(channel.WaitReadable(TimeSpan.FromSeconds(5)));
        Assert.Equal(1, channel.Read(bytes));
        channel.CloseWrite();
        Assert.Equal(0, other.Read(bytes));
    }

    [Fact]
    public void What_was_given_up_before_it_was_used_is_never_opened()
    {
        using var channel = new DeferredChannel("later", () => throw new InvalidOperationException("it was opened"));
        channel.Abort();
        var refusal = Assert.Throws<IOException>(() => channel.Write("abc"u8));
        Assert.Contains("later", refusal.Message, StringComparison.Ordinal);
        channel.CloseWrite();
    }

    [Fact]
    public async Task Who_opens_it_while_it_is_given_up_hears_of_it()
    {
        using var begun = new ManualResetEventSlim();
        using var channel = new DeferredChannel("later", given =>
        {
            begun.Set();
            given.WaitHandle.WaitOne();
            throw new OperationCanceledException(given);
        });
        var use = Task.Run(() => Record.Exception(() => channel.Write(ReadOnlySpan<byte>.Empty)), TestContext.Current.CancellationToken);
        Assert.True(begun.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        channel.Abort();
        Assert.Contains("later: aborted", Assert.IsType<IOException>(await use).Message, StringComparison.Ordinal);
    }
}
