namespace Savevm.Machine.Ram;

/// <summary>The tracker of a machine that never runs: a snapshot. Nothing is ever dirty, and nothing is spent on finding that out.</summary>
public sealed class StandingTracker : IDirtyTracker
{
    /// <inheritdoc/>
    public string Name => "standing";

    /// <inheritdoc/>
    public bool IsTracking { get; private set; }

    /// <inheritdoc/>
    public void Start()
    {
        if (IsTracking) throw new InvalidOperationException("This tracker tracks already.");
        IsTracking = true;
    }

    /// <inheritdoc/>
    public long Collect(int blockIndex, long firstPage, long pageCount, PageBitmap dirty) =>
        IsTracking ? 0 : throw new InvalidOperationException("This tracker does not track.");

    /// <inheritdoc/>
    public void Stop() => IsTracking = false;

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
