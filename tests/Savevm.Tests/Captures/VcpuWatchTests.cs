using System.Diagnostics;
using Savevm.Captures;
using Savevm.Linux;
using Savevm.Linux.Memory;
using Savevm.Linux.Userfaultfd;
using Savevm.Qemu;
using Savevm.Qemu.Facts;

namespace Savevm.Tests.Captures;

/// <summary>What is said of a guest's processors is what its threads did: here threads of this process, which know it themselves.</summary>
public sealed class VcpuWatchTests
{
    // A quarter of a second, by the clock of a machine that others use too.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);

    [Fact]
    public Task The_time_in_which_processors_run_is_told_before_and_meanwhile() => OnceAsync(RunAsync);

    private static async Task RunAsync()
    {
        using var busy = new WatchedThread();
        using var idle = new WatchedThread();
        // What was before anybody watched does not count.
        busy.Spin(2 * Short);
        var ran = busy.Ran;
        using var watch = Watch(busy, idle);
        var begun = Stopwatch.GetTimestamp();
        busy.Spin(Short);
        Thread.Sleep(Short);
        await watch.BeginSnapshotAsync(TestContext.Current.CancellationToken);
        var before = Stopwatch.GetElapsedTime(begun);
        var ranBefore = busy.Ran - ran;
        begun = Stopwatch.GetTimestamp();
        Thread.Sleep(3 * Short);
        busy.Spin(Short / 2);
        var slowdown = watch.End()!;
        var window = Stopwatch.GetElapsedTime(begun);
        var ranMeanwhile = busy.Ran - ran - ranBefore;
        Assert.InRange(slowdown.RanBefore, (ranBefore / before / 2) - 0.03, (ranBefore / before / 2) + 0.03);
        Assert.InRange(slowdown.RanMeanwhile, (ranMeanwhile / window / 2) - 0.03, (ranMeanwhile / window / 2) + 0.03);
        Assert.InRange(slowdown.Window, window - (Short / 5), window + (Short / 5));
        Assert.Equal(0, slowdown.Waited ?? 0);
        Assert.Equal(TimeSpan.Zero, slowdown.LongestWait ?? TimeSpan.Zero);
    }

    /// <param name="one">How long one of them waits, in quarters of a second.</param>
    /// <param name="other">How long the other one waits then.</param>
    /// <param name="unended">How long the first waits once more when the snapshot is complete.</param>
    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(2, 1, 1)]
    [InlineData(1, 2, 1)]
    public Task Waits_for_pages_are_added_up_and_the_longest_is_told_also_when_it_has_not_ended(int one, int other, int unended) =>
        OnceAsync(() => WaitAsync(one, other, unended));

    private static async Task WaitAsync(int one, int other, int unended)
    {
        using var memory = MemoryMapping.Anonymous(4 * Environment.SystemPageSize, "test");
        using var first = new WatchedThread();
        using var second = new WatchedThread();
        // Closed first: then nobody waits any more.
        using var faults = Open();
        faults.Register(memory.Address, memory.Length, UserfaultfdModes.Missing);
        using var watch = Watch(first, second);
        // What it waited for before the snapshot is no matter of the snapshot.
        Wait(faults, memory, 0, first, Short);
        await watch.BeginSnapshotAsync(TestContext.Current.CancellationToken);
        var begun = Stopwatch.GetTimestamp();
        List<TimeSpan> waits = [Wait(faults, memory, 1, first, one * Short)];
        Thread.Sleep(Short);
        waits.Add(Wait(faults, memory, 2, second, other * Short));
        Thread.Sleep(Short / 2);
        Touch(first, memory, 3);
        var last = Stopwatch.GetTimestamp();
        Thread.Sleep(unended * Short);
        var slowdown = watch.End();
        var window = Stopwatch.GetElapsedTime(begun);
        waits.Add(Stopwatch.GetElapsedTime(last));
        Resolve(faults, memory, 3, first);
        Assert.SkipWhen(slowdown!.Waited is null, "this kernel does not tell what a thread waits in");
        Assert.InRange(slowdown.LongestWait!.Value, waits.Max() - (Short / 3), waits.Max() + (Short / 3));
        var part = waits.Sum(wait => wait / window) / 2;
        Assert.InRange(slowdown.Waited!.Value, part - 0.05, part + 0.05);
    }

    [Fact]
    public void Who_cannot_be_seen_is_not_watched()
    {
        using var seen = new WatchedThread();
        Assert.Null(VcpuWatch.Start(Facts(Process(), [])));
        Assert.Null(VcpuWatch.Start(Facts(null, [seen.Id])));
        Assert.Null(VcpuWatch.Start(Facts(Process(), [seen.Id, int.MaxValue])));
        using var watch = VcpuWatch.Start(Facts(Process(), [seen.Id]));
        Assert.NotNull(watch);
        // Nothing was taken, nothing is told.
        Assert.Null(watch.End());
    }

    /// <summary>Measures until it fits once: others may hold the processors for longer than what is measured may differ by. What is wrong never fits.</summary>
    private static async Task OnceAsync(Func<Task> measure)
    {
        const int attempts = 8;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await measure();
                return;
            }
            catch (Xunit.Sdk.InRangeException) when (attempt < attempts)
            {
                // Once more.
            }
        }
    }

    private static VcpuWatch Watch(WatchedThread first, WatchedThread second)
    {
        var watch = VcpuWatch.Start(Facts(Process(), [first.Id, second.Id]));
        Assert.NotNull(watch);
        return watch;
    }

    private static HostProcessFact? Process() => HostProcessFact.Read(Environment.ProcessId);

    private static QemuFacts Facts(HostProcessFact? process, int[] threads) => new()
    {
        Version = "10.0",
        MachineType = "none",
        Accelerator = "tcg",
        MemoryBytes = 0,
        RunState = "running",
        IsRunning = true,
        Process = process,
        CpuThreads = threads,
    };

    private static FaultDescriptor Open()
    {
        try
        {
            return FaultDescriptor.Open(UserfaultfdFeatures.None, userModeOnly: true);
        }
        catch (LinuxException refused)
        {
            Assert.Skip(refused.Message);
            throw;
        }
    }

    private static TimeSpan Wait(FaultDescriptor faults, MemoryMapping memory, int page, WatchedThread thread, TimeSpan time)
    {
        var begun = Stopwatch.GetTimestamp();
        Touch(thread, memory, page);
        Thread.Sleep(time);
        Resolve(faults, memory, page, thread);
        return Stopwatch.GetElapsedTime(begun);
    }

    private static void Touch(WatchedThread thread, MemoryMapping memory, int page) => thread.Do(() => NativeFill.Fill(memory.Address + (page * Environment.SystemPageSize), 1, 1));

    private static void Resolve(FaultDescriptor faults, MemoryMapping memory, int page, WatchedThread thread)
    {
        Assert.True(thread.IsBusy, "it did not wait");
        faults.ZeroPages(memory.Address + (page * Environment.SystemPageSize), Environment.SystemPageSize);
        SpinWait.SpinUntil(() => !thread.IsBusy);
    }
}
