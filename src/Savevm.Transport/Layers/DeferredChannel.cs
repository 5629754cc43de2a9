namespace Savevm.Transport.Layers;

/// <summary>
/// A channel that is opened when it is first used, also by writing nothing. QEMU's destination takes the connections of multifd one after the other and waits for the first
/// packet of each before it shakes hands with the next: over TLS all of them cannot be opened first and used then.
/// </summary>
/// <param name="name">For messages.</param>
/// <param name="open">
/// Opens it, on the thread that uses it first; what it throws, whoever uses the channel gets. Its token is cancelled when the channel is aborted.
/// </param>
public sealed class DeferredChannel(string name, Func<CancellationToken, IByteChannel> open) : IByteChannel
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource aborted = new();
    private volatile bool isAborted;
    private volatile IByteChannel? opened;

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public bool IsBidirectional => true;

    private IByteChannel Opened
    {
        get
        {
            if (opened is { } there) return there;
            lock (gate)
            {
                if (isAborted) throw new IOException($"{Name}: aborted");
                try
                {
                    opened ??= open(aborted.Token);
                }
                catch (OperationCanceledException) when (isAborted)
                {
                    throw new IOException($"{Name}: aborted");
                }
                if (isAborted) opened.Abort();
                return opened;
            }
        }
    }

    /// <summary>One that is opened without looking at whether it is still wanted.</summary>
    public DeferredChannel(string name, Func<IByteChannel> open)
        : this(name, _ => open())
    {
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer) => Opened.Read(buffer);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        // Nothing written is how its owner opens it before it has anything to say.
        var channel = Opened;
        if (!bytes.IsEmpty) channel.Write(bytes);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<MemorySegment> segments) => Opened.Write(segments);

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout) => Opened.WaitReadable(timeout);

    /// <inheritdoc/>
    public void CloseWrite() => opened?.CloseWrite();

    /// <inheritdoc/>
    public void Abort()
    {
        isAborted = true;
        aborted.Cancel();
        opened?.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        isAborted = true;
        aborted.Cancel();
        // Whoever opens it now gives up soon; what he opened is closed.
        lock (gate) opened?.Dispose();
    }
}
