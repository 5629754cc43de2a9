namespace Savevm.States.Writing;

/// <summary>How a mapped-ram file is written.</summary>
public sealed record MappedRamOptions
{
    /// <summary>Threads that read, look for zeros and write. Each has a reader and a buffer of its own.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 8);

    /// <summary>Pages go past the page cache (<c>O_DIRECT</c>).</summary>
    public bool IsDirect { get; init; }
}
