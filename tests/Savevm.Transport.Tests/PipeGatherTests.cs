using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Transport.Channels;

namespace Savevm.Transport.Tests;

/// <summary>A reader that lets more come, and when it does not.</summary>
public sealed class PipeGatherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SafeFileHandle reader, writer;

    public PipeGatherTests() => (reader, writer) = Descriptor.Pipe(nonBlockingRead: true);

    public void Dispose()
    {
        writer.Dispose();
        reader.Dispose();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1000, 3)]
    public async Task Who_had_to_wait_lets_more_come(int gatherMilliseconds, int expected)
    {
        using var channel = Open(TimeSpan.FromMilliseconds(gatherMilliseconds));
        int read = 0;
        // On a busy machine the reader may come too late, or the second write.
        for (var attempt = 0; attempt < 8 && read != expected; attempt++)
        {
            var reading = Read(channel, 100);
            // It waits by now.
            Thread.Sleep(200);
            Write(1);
            Thread.Sleep(200);
            Write(2);
            read = await reading.WaitAsync(Patience, TestContext.Current.CancellationToken);
            if (read < 3) Assert.Equal(3 - read, channel.Read(new byte[100]));
        }
        Assert.Equal(expected, read);
    }

    [Fact]
    public async Task What_is_there_is_not_waited_for()
    {
        using var channel = Open(TimeSpan.FromHours(1));
        Write(5);
        Assert.Equal(5, await Read(channel, 100).WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_does_not_wait_for_more_than_comes()
    {
        using var channel = Open(TimeSpan.FromMilliseconds(20));
        var reading = Read(channel, 100);
        Thread.Sleep(100);
        Write(1);
        Assert.Equal(1, await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
        reading = Read(channel, 100);
        Thread.Sleep(100);
        writer.Dispose();
        Assert.Equal(0, await reading.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    private PipeChannel Open(TimeSpan gather) => new(reader, FileAccess.Read, "pipe") { GatherTime = gather };

    private static Task<int> Read(PipeChannel channel, int bytes) =>
        Task.Factory.StartNew(() => channel.Read(new byte[bytes]), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Write(int bytes) => Assert.Equal(bytes, Descriptor.Write(writer, new byte[bytes], "pipe"));
}
