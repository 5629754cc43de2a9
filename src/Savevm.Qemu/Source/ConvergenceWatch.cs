namespace Savevm.Qemu.Source;

/// <summary>
/// Tells whether a live source will ever be done: it will not while the guest dirties memory about as fast as the link carries
/// it away, round after round. About: a guest that writes its whole working set in every round shows a rate that swings around
/// that of the link, never clearly above it.
/// </summary>
public sealed class ConvergenceWatch
{
    private const double Hopeless = 0.9;

    private readonly int _rounds;
    private long _lastIteration = -1;
    private int _hopeless;

    /// <summary>Makes a watch.</summary>
    /// <param name="rounds">After how many hopeless rounds in a row it gives up hope.</param>
    public ConvergenceWatch(int rounds = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        _rounds = rounds;
    }

    /// <summary>It will not converge as things are; may change back when the guest becomes quieter.</summary>
    public bool WillNotConverge => _hopeless >= _rounds;

    /// <summary>One sentence with both rates and what helps; null while there is hope.</summary>
    public string? Sentence { get; private set; }

    /// <summary>Takes what the source said last. Call it as often as you like; a round counts once.</summary>
    public void Observe(SourceProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        if (progress.Status is not ("active" or "device" or "pre-switchover") || progress.Iteration <= _lastIteration)
        {
            return;
        }

        _lastIteration = progress.Iteration;

        // No rate is known before the second round, and none while nothing was sent.
        if (progress.Iteration < 2 || progress.BytesPerSecond == 0)
        {
            return;
        }

        _hopeless = progress.DirtyBytesPerSecond >= Hopeless * progress.BytesPerSecond ? _hopeless + 1 : 0;
        Sentence = WillNotConverge
            ? $"the guest dirties {Rate(progress.DirtyBytesPerSecond)} and the link carries {Rate(progress.BytesPerSecond)}: this will not converge; " +
                "--downtime-limit TIME allows a longer pause, --bandwidth RATE a faster link, --mode stop or --mode background needs no convergence"
            : null;
    }

    private static string Rate(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:0.#} MiB/s");
}
