using System.Diagnostics;
using Savevm.Captures;
using Savevm.Linux.Descriptors;

namespace Savevm.Tests.Captures;

/// <summary>The pipe that a background snapshot comes by.</summary>
public sealed class CapturePipeTests
{
    /// <summary>QEMU writes page by page while the guest waits: to wake the reader for each would cost as much again.</summary>
    [Fact]
    public async Task A_reader_is_not_woken_for_each_write()
    {
        const int writes = 3000;
        var (ours, theirs) = Descriptor.Pipe(nonBlockingRead: true);
        using var pipe = MonitoredCapture.OpenPipe(ours, "pipe");
        Assert.SkipWhen(Descriptor.EnlargePipe(ours) < 512 << 10, "this user has too many large pipes already");
        var writing = Task.Factory.StartNew(
            () =>
            {
                using (theirs)
                {
                    for (var write = 0; write < writes; write++)
                    {
                        Descriptor.Write(theirs, [7], "pipe");
                        // Longer than it takes to wake somebody, and a tenth of what it gathers.
                        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun).TotalMicroseconds < 100;) Thread.SpinWait(10);
                    }
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var begun = Stopwatch.GetTimestamp();
        int reads = 0, bytes = 0;
        for (var buffer = new byte[4096]; pipe.Read(buffer) is var count and > 0; reads++) bytes += count;
        await writing;
        Assert.Equal(writes, bytes);
        // A millisecond passes in each that had to wait, and behind it there may be one that had not.
        Assert.InRange(reads, 1, (2 * Stopwatch.GetElapsedTime(begun).TotalMilliseconds) + 2);
    }
}
