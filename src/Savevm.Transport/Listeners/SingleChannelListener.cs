namespace Savevm.Transport.Listeners;

/// <summary>For addresses that are one stream and no place to connect to: gives it once.</summary>
/// <param name="address">The address.</param>
/// <param name="open">Opens the stream for reading, when it is asked for.</param>
internal sealed class SingleChannelListener(string address, Func<IByteChannel> open) : IChannelListener
{
    private Func<IByteChannel>? open = open;

    public string Address { get; } = address;

    public IByteChannel Accept(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var once = Interlocked.Exchange(ref open, null);
        return once is null ? throw new IOException($"{Address}: there is only one stream") : once();
    }

    public void Dispose() => open = null;
}
