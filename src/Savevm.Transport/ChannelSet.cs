using System.Runtime.ExceptionServices;

namespace Savevm.Transport;

/// <summary>The connections of one migration. Disposing it disposes them.</summary>
/// <param name="main">The stream, with the return path in the other direction where it is bidirectional.</param>
/// <param name="preempt">The second connection for requested pages, with the capability postcopy-preempt.</param>
/// <param name="multifd">The connections for pages, with the capability multifd; channel n is at place n when it is a source's.</param>
public sealed class ChannelSet(IByteChannel main, IByteChannel? preempt = null, IReadOnlyList<IByteChannel>? multifd = null) : IDisposable
{
    /// <summary>The stream, with the return path in the other direction where it is bidirectional.</summary>
    public IByteChannel Main { get; } = main;

    /// <summary>The second connection for requested pages; null without postcopy-preempt.</summary>
    public IByteChannel? Preempt { get; } = preempt;

    /// <summary>The connections for pages; none without multifd.</summary>
    public IReadOnlyList<IByteChannel> Multifd { get; } = multifd ?? [];

    /// <summary>Breaks all of them, from any thread.</summary>
    public void Abort()
    {
        foreach (var channel in All()) channel.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Exception? first = null;
        foreach (var channel in All())
        {
            try
            {
                channel.Dispose();
            }
            catch (IOException failure)
            {
                first ??= failure;
            }
        }
        if (first is not null) ExceptionDispatchInfo.Throw(first);
    }

    private IEnumerable<IByteChannel> All()
    {
        yield return Main;
        if (Preempt is { } second) yield return second;
        foreach (var channel in Multifd) yield return channel;
    }
}
