using System.Collections.Concurrent;

namespace Savevm.Transport.Tls;

/// <summary>
/// Waits for connections and gives out those whose handshake succeeded. Each does its own on a thread of its own, so that one that is slow or
/// hostile keeps nobody else waiting; one that fails is told to whoever wants to know and is otherwise as if it had not come.
/// </summary>
public sealed class TlsListener : IChannelListener
{
    // A peer in a handshake costs a thread; more of them wait in the kernel until one is through, or its time is.
    private const int MaximumHandshakes = 16;

    private readonly IChannelListener inner;
    private readonly TlsCredentials credentials;
    private readonly TlsOptions options;
    private readonly Action<TlsException>? refused;
    private readonly BlockingCollection<TlsChannel> ready = [];
    private readonly SemaphoreSlim handshakes = new(MaximumHandshakes);
    private readonly CancellationTokenSource ending = new();
    private readonly Lock gate = new();
    private Thread? acceptor;
    private volatile IOException? failure;

    /// <summary>Listens by another listener, which it disposes.</summary>
    /// <param name="inner">Where connections come in.</param>
    /// <param name="credentials">Of a server; they stay the caller's, and must live as long as this.</param>
    /// <param name="options">What is asked of each peer.</param>
    /// <param name="refused">Told of each handshake that failed, on the thread of that handshake.</param>
    public TlsListener(IChannelListener inner, TlsCredentials credentials, TlsOptions? options = null, Action<TlsException>? refused = null)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(credentials);
        if (credentials.Endpoint != TlsEndpoint.Server) throw new ArgumentException("The credentials are those of a client.", nameof(credentials));
        (this.inner, this.credentials, this.options, this.refused) = (inner, credentials, options ?? new TlsOptions(), refused);
    }

    /// <inheritdoc/>
    public string Address => inner.Address;

    /// <summary>Waits for the next connection whose handshake succeeds.</summary>
    /// <exception cref="IOException">No more connections can come in.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IByteChannel Accept(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (acceptor is null)
            {
                acceptor = new Thread(AcceptAll) { Name = $"tls {Address}", IsBackground = true };
                acceptor.Start();
            }
        }
        try
        {
            return ready.Take(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            throw new IOException($"{Address}: {failure?.Message ?? "nobody listens any more"}", failure);
        }
    }

    /// <summary>Stops listening and ends handshakes that are under way; connections that were given out stay.</summary>
    public void Dispose()
    {
        if (ending.IsCancellationRequested) return;
        ending.Cancel();
        acceptor?.Join();
        // Each handshake gives its place back when it is through; when all are back, nothing is under way.
        for (var place = 0; place < MaximumHandshakes; place++) handshakes.Wait();
        while (ready.TryTake(out var unwanted)) unwanted.Dispose();
        inner.Dispose();
        ready.Dispose();
        handshakes.Dispose();
        ending.Dispose();
    }

    private void AcceptAll()
    {
        try
        {
            while (true)
            {
                handshakes.Wait(ending.Token);
                IByteChannel channel;
                try
                {
                    channel = inner.Accept(ending.Token);
                }
                catch
                {
                    handshakes.Release();
                    throw;
                }
                new Thread(() => Shake(channel)) { Name = $"tls {channel.Name}", IsBackground = true }.Start();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        catch (IOException error)
        {
            failure = error;
        }
        // Handshakes that are under way may still give a channel: these are waited for before it is said that no more come.
        for (var place = 0; place < MaximumHandshakes; place++) handshakes.Wait();
        ready.CompleteAdding();
        handshakes.Release(MaximumHandshakes);
    }

    private void Shake(IByteChannel channel)
    {
        try
        {
            ready.Add(TlsChannel.Open(channel, credentials, options, ending.Token), CancellationToken.None);
        }
        catch (TlsException error)
        {
            refused?.Invoke(error);
        }
        catch (OperationCanceledException)
        {
            // Disposed meanwhile.
        }
        finally
        {
            handshakes.Release();
        }
    }
}
