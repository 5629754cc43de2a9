using System.Diagnostics;
using Savevm.Transport.Layers;

namespace Savevm.Transport.Tests.Layers;

public sealed class ThrottledChannelTests
{
    [Theory]
    [InlineData(10_000_000, 1 << 20)]
    [InlineData(10_000_000, 4096)]
    [InlineData(200_000_000, 1 << 20)]
    [InlineData(40_000, 65536)]
    public void Reads_are_paced_to_the_rate_and_sleep_meanwhile(int rate, int atOnce)
    {
        var (first, second) = ChannelPair.Create();
        using var writer = first;
        using var reader = new ThrottledChannel(second, rate);
        var half = rate / 2;
        var writing = Task.Run(() => writer.Write(new byte[half]));
        var buffer = new byte[atOnce];
        var clock = Stopwatch.StartNew();
        var processor = OwnProcessorTime();
        for (var done = 0; done < half;) done += reader.Read(buffer.AsSpan(0, Math.Min(atOnce, half - done)));
        // Half a second's worth; a window of 50 ms may come at once and the last piece is not paid for any more.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.38, 2);
        Assert.InRange((OwnProcessorTime() - processor).TotalSeconds, 0, 0.2);
        writing.Wait();
    }

    [Fact]
    public void Rate_can_change_while_it_runs()
    {
        var (first, second) = ChannelPair.Create();
        using var writer = first;
        using var reader = new ThrottledChannel(second, 1000);
        var writing = Task.Run(() => writer.Write(new byte[2_000_000]));
        var buffer = new byte[100_000];
        for (var i = 0; i < 3; i++) reader.Read(buffer);
        reader.BytesPerSecond = 0;
        var clock = Stopwatch.StartNew();
        for (var done = 0; done < 1_900_000;) done += reader.Read(buffer);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
        reader.Abort();
        writing.ContinueWith(_ => { }).Wait();
    }

    [Fact]
    public void Abort_ends_the_sleep()
    {
        var (first, second) = ChannelPair.Create();
        using var writer = first;
        using var reader = new ThrottledChannel(second, 1);
        writer.Write(new byte[100]);
        var reading = Task.Run(() =>
        {
            while (true) reader.Read(new byte[100]);
        });
        Thread.Sleep(100);
        Assert.False(reading.IsCompleted);
        reader.Abort();
        var error = Assert.Throws<AggregateException>(() => reading.Wait(TimeSpan.FromSeconds(20)));
        Assert.IsAssignableFrom<IOException>(error.InnerException);
    }

    [Fact]
    public void Negative_rate_is_refused()
    {
        var (first, second) = ChannelPair.Create();
        using var _ = first;
        using var __ = second;
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThrottledChannel(second, -1));
    }

    // Of this thread alone, in nanoseconds: other tests run at the same time.
    private static TimeSpan OwnProcessorTime() =>
        TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0]) / 1000);
}
