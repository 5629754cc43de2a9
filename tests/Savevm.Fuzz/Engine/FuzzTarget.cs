using Savevm.Wire;

namespace Savevm.Fuzz.Engine;

/// <summary>One row of the table: a reader that takes bytes of strangers, and what it may do with them.</summary>
/// <param name="Name">Short name for the command line and the corpus folder.</param>
/// <param name="Reader">What is read, in words.</param>
/// <param name="Run">The entry point with its checks.</param>
/// <param name="Seeds">Inputs to begin with.</param>
internal sealed record FuzzTarget(string Name, string Reader, FuzzEntry Run, Func<IEnumerable<byte[]>> Seeds)
{
    /// <summary>Longest input. Short ones are tried more often in the same time.</summary>
    public int MaxBytes { get; init; } = 4096;

    /// <summary>Most memory of managed objects that one input may ask for, given what it can hold.</summary>
    public long MaxAllocatedBytes { get; init; } = 1 << 20;

    /// <summary>Most processor time that one input may take; far above what the slowest machine needs.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The exceptions that are the reader's documented answers.</summary>
    public IReadOnlyList<Type> Refusals { get; init; } = [typeof(WireException)];

    /// <summary>A target that is there to be found broken; a run over all targets leaves it out.</summary>
    public bool IsCanary { get; init; }

    /// <summary>Runs one input.</summary>
    /// <returns>Null when all promises were kept.</returns>
    public FuzzFind? Execute(ReadOnlySpan<byte> input)
    {
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan timeBefore = ProcessorTime.OfThisThread();
        try
        {
            Run(input);
        }
        catch (Exception refusal) when (IsRefusal(refusal))
        {
            // One of the answers that a reader may give.
        }
        catch (Exception failure)
        {
            return FuzzFind.Of(failure);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        if (allocated > MaxAllocatedBytes)
            return new FuzzFind("allocates too much", $"{allocated} bytes for an input of {input.Length}");
        TimeSpan time = ProcessorTime.OfThisThread() - timeBefore;
        return time > MaxTime ? new FuzzFind("takes too long", $"{time.TotalSeconds:F1} s for an input of {input.Length} bytes") : null;
    }

    private bool IsRefusal(Exception exception)
    {
        foreach (Type type in Refusals)
        {
            if (type.IsInstanceOfType(exception))
                return true;
        }
        return false;
    }
}
