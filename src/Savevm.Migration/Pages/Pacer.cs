namespace Savevm.Migration.Pages;

/// <summary>
/// Says how long unrequested pages should hold back: for the bandwidth limit, and while the guest is asking for pages
/// itself, since on a small host every pushed page delays a requested one. It never sleeps itself.
/// </summary>
internal sealed class Pacer(long? bytesPerSecond, TimeProvider time)
{
    // While requests come closer together than this the guest is in a burst and pushing pauses, but never longer than MaxHoldBack.
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxHoldBack = TimeSpan.FromMilliseconds(1);

    private readonly long begun = time.GetTimestamp();
    private long sentBytes;
    private long lastPush = time.GetTimestamp();

    /// <summary>Counts bytes that were pushed.</summary>
    public void Pushed(long bytes)
    {
        sentBytes += bytes;
        lastPush = time.GetTimestamp();
    }

    /// <summary>How long to wait before the next push; zero when it may go at once.</summary>
    /// <param name="lastRequestTicks">Time stamp of the last page request, 0 when there was none.</param>
    public TimeSpan HoldBack(long lastRequestTicks)
    {
        var delay = TimeSpan.Zero;
        if (bytesPerSecond is { } rate)
        {
            var due = TimeSpan.FromSeconds((double)sentBytes / rate);
            delay = due - time.GetElapsedTime(begun);
        }
        if (lastRequestTicks != 0 && time.GetElapsedTime(lastRequestTicks) < Burst && time.GetElapsedTime(lastPush) < MaxHoldBack && delay < Burst)
            delay = Burst;
        return delay > TimeSpan.Zero ? delay : TimeSpan.Zero;
    }
}
