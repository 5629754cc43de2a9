namespace Savevm.Transport;

/// <summary>The connections of one migration. Disposing it disposes them.</summary>
/// <param name="main">The stream, with the return path in the other direction where it is bidirectional.</param>
/// <param name="preempt">The second connection for requested pages, with the capability postcopy-preempt.</param>
public sealed class ChannelSet(IByteChannel main, IByteChannel? preempt = null) : IDisposable
{
    /// <summary>The stream, with the return path in the other direction where it is bidirectional.</summary>
    public IByteChannel Main { get; } = main;

    /// <summary>The second connection for requested pages; null without postcopy-preempt.</summary>
    public IByteChannel? Preempt { get; } = preempt;

    /// <summary>Breaks all of them, from any thread.</summary>
    public void Abort()
    {
        Main.Abort();
        Preempt?.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Main.Dispose();
        }
        finally
        {
            Preempt?.Dispose();
        }
    }
}
