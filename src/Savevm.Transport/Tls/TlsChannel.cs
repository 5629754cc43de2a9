using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Savevm.Transport.Tls;

/// <summary>
/// A channel inside a TLS session. Writes are gathered into whole records. The other channels' promises hold: one thread may read while
/// another writes, <see cref="WaitReadable"/> means decrypted bytes, and <see cref="Abort"/> ends whatever blocks.
/// </summary>
public sealed unsafe class TlsChannel : IByteChannel
{
    // Two records of the largest size leave in one system call.
    private const int GatherBytes = 32 << 10;
    private const int RecordBytes = 16 << 10;
    private static readonly TimeSpan EndMarkPatience = TimeSpan.FromSeconds(2);

    private readonly IByteChannel inner;
    private readonly RecordStream stream;
    private readonly SslStream session;
    private readonly TlsOptions options;
    private readonly byte[] gathered = new byte[GatherBytes];
    private byte[]? ahead;
    private int aheadStart, aheadEnd;
    private Task<int>? pending;
    private bool ended, disposed;
    private bool hasRead;
    private volatile bool aborted, writeClosed, writeBroken;

    private TlsChannel(IByteChannel inner, RecordStream stream, SslStream session, TlsOptions options, string? peerName)
    {
        (this.inner, this.stream, this.session, this.options) = (inner, stream, session, options);
        PeerName = peerName;
    }

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public bool IsBidirectional => true;

    /// <summary>
    /// The distinguished name of the certificate that the peer showed, as <see cref="TlsOptions.Authorizes"/> gets it; null when it showed none.
    /// </summary>
    public string? PeerName { get; }

    /// <summary>What was agreed on, such as <c>Tls13 TLS_AES_256_GCM_SHA384</c>; for people.</summary>
    public string Protocol => $"{session.SslProtocol} {session.NegotiatedCipherSuite}";

    /// <summary>Does the handshake over a connection, as the side that the credentials are for, and takes the connection over, also when it fails.</summary>
    /// <exception cref="TlsException">One side refused, the time ran out, or the peer speaks no TLS; the message says which.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TlsChannel Open(IByteChannel channel, TlsCredentials credentials, TlsOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(credentials);
        options ??= new TlsOptions();
        try
        {
            if (!channel.IsBidirectional) throw new TlsException($"{channel.Name}: TLS needs a connection that goes both ways");
            var stream = new RecordStream(channel);
            var handshake = new TlsHandshake(channel, credentials, options);
            return new TlsChannel(channel, stream, handshake.Run(stream, cancellationToken), options, handshake.PeerName);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) throw new ArgumentException("The buffer is empty: 0 would mean the end of the stream.", nameof(buffer));
        ThrowIfAborted();
        try
        {
            if (pending is not null)
            {
                while (!pending.IsCompleted) stream.Advance(Timeout.InfiniteTimeSpan);
                TakePending();
            }
            if (aheadStart < aheadEnd)
            {
                var count = Math.Min(buffer.Length, aheadEnd - aheadStart);
                ahead.AsSpan(aheadStart, count).CopyTo(buffer);
                aheadStart += count;
                return count;
            }
            return ended ? 0 : Took(session.Read(buffer));
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            throw ReadFailure(error);
        }
    }

    /// <inheritdoc/>
    public bool WaitReadable(TimeSpan timeout)
    {
        ThrowIfAborted();
        if (ended || aheadStart < aheadEnd) return true;
        try
        {
            // The session holds records back until they are whole, and takes some for itself: only reading tells whether there is a byte.
            if (pending is null)
            {
                ahead ??= new byte[RecordBytes];
                var read = session.ReadAsync(ahead);
                if (read.IsCompletedSuccessfully)
                {
                    (aheadStart, aheadEnd) = (0, Took(read.Result));
                    return true;
                }
                pending = read.AsTask();
            }
            var begun = Environment.TickCount64;
            while (!pending.IsCompleted)
            {
                var left = timeout < TimeSpan.Zero ? timeout : timeout - TimeSpan.FromMilliseconds(Environment.TickCount64 - begun);
                if (!stream.Advance(timeout >= TimeSpan.Zero && left < TimeSpan.Zero ? TimeSpan.Zero : left)) return false;
            }
            TakePending();
            return true;
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            throw ReadFailure(error);
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        ThrowIfClosed();
        Send(bytes);
    }

    /// <inheritdoc/>
    /// <remarks>The memory is read by managed code: it must be there, as that of a source is.</remarks>
    public void Write(ReadOnlySpan<MemorySegment> segments)
    {
        ThrowIfClosed();
        var used = 0;
        foreach (var segment in segments)
        {
            for (nint done = 0; done < segment.Length;)
            {
                var rest = new ReadOnlySpan<byte>((void*)(segment.Address + done), (int)Math.Min(segment.Length - done, 1 << 30));
                if (used == 0 && rest.Length >= GatherBytes)
                {
                    // Whole records need no copy.
                    rest = rest[..(rest.Length - (rest.Length % RecordBytes))];
                    Send(rest);
                }
                else
                {
                    rest = rest[..Math.Min(rest.Length, GatherBytes - used)];
                    rest.CopyTo(gathered.AsSpan(used));
                    used += rest.Length;
                    if (used == GatherBytes)
                    {
                        Send(gathered);
                        used = 0;
                    }
                }
                done += rest.Length;
            }
        }
        if (used > 0) Send(gathered.AsSpan(0, used));
    }

    /// <summary>Says that no more comes (close_notify), and ends the writing direction of the connection.</summary>
    public void CloseWrite()
    {
        if (writeClosed) return;
        writeClosed = true;
        if (writeBroken || aborted) return;
        try
        {
            session.ShutdownAsync().GetAwaiter().GetResult();
            inner.CloseWrite();
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            // A peer that has all it wants may be gone already. Whoever needs an answer from it will notice.
            if (aborted) throw Aborted(error);
        }
    }

    /// <inheritdoc/>
    public void Abort()
    {
        aborted = true;
        inner.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        // The mark is a few bytes; a peer that does not even take these gets none.
        using (new Timer(_ => inner.Abort(), null, EndMarkPatience, Timeout.InfiniteTimeSpan))
        {
            try
            {
                CloseWrite();
            }
            catch (IOException)
            {
                // It was aborted meanwhile.
            }
        }
        session.Dispose();
        inner.Dispose();
    }

    private static bool IsOfTheConnection(Exception error) =>
        error is (IOException and not TlsException) or AuthenticationException or InvalidOperationException or CryptographicException;

    private void TakePending()
    {
        var read = pending!;
        pending = null;
        (aheadStart, aheadEnd) = (0, Took(read.GetAwaiter().GetResult()));
    }

    /// <summary>Tells the end of the stream from that of the connection.</summary>
    private int Took(int count)
    {
        if (count > 0)
        {
            hasRead = true;
            return count;
        }
        if (stream.AtEnd && !options.AcceptsUnmarkedEnd) throw Cut(null);
        ended = true;
        return 0;
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            session.Write(bytes);
        }
        catch (Exception error) when (IsOfTheConnection(error))
        {
            writeBroken = true;
            if (aborted) throw Aborted(error);
            throw new TlsException(Named(TlsHandshake.InnermostMessage(error)) + Hint, error);
        }
    }

    // A server looks at the client's certificate when the client is through with the handshake.
    private string Hint => Volatile.Read(ref hasRead) ? "" : "; the peer said nothing in this session: it may have refused our certificate, and tells why itself";

    private IOException ReadFailure(Exception error)
    {
        if (aborted) return Aborted(error);
        if (stream.AtEnd) return Cut(error);
        var message = TlsHandshake.InnermostMessage(error);
        return message.Contains(" alert ", StringComparison.Ordinal)
            ? new TlsException($"{Name}: the peer refused the TLS session: {message}", error)
            : new TlsException(Named(message) + Hint, error);
    }

    // What the connection below says of itself has its name already.
    private string Named(string message) => message.StartsWith(Name, StringComparison.Ordinal) ? message : $"{Name}: {message}";

    private TlsException Cut(Exception? error) => new($"{Name}: the connection ended and the TLS session had not: it may have been cut{Hint}", error);

    private void ThrowIfClosed()
    {
        if (writeClosed) throw new IOException($"{Name}: the writing direction was closed");
        ThrowIfAborted();
    }

    private void ThrowIfAborted()
    {
        if (aborted) throw Aborted(null);
    }

    private IOException Aborted(Exception? inner) => new($"{Name}: aborted", inner);
}
