using System.Diagnostics;

namespace Savevm.Samples.Machine.Devices;

/// <summary>The machine's time in nanoseconds. It stands still while the machine does, so that no timer fires because of a migration.</summary>
internal sealed class VirtualClock
{
    private long begun;
    private bool isRunning;
    private long stoppedAt;

    /// <summary>The time. Set only while the machine stands still.</summary>
    public long Now
    {
        get => isRunning ? stoppedAt + (long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds : stoppedAt;
        set => stoppedAt = value;
    }

    public void Start()
    {
        if (isRunning) return;
        begun = Stopwatch.GetTimestamp();
        isRunning = true;
    }

    public void Stop()
    {
        stoppedAt = Now;
        isRunning = false;
    }
}
