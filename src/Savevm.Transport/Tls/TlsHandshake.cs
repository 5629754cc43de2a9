using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Savevm.Linux;

namespace Savevm.Transport.Tls;

/// <summary>The beginning of one session: who must show what, within which time, and whose fault it is when it fails.</summary>
internal sealed class TlsHandshake(IByteChannel channel, TlsCredentials credentials, TlsOptions options)
{
    private const int Running = 0, Finished = 1, TimedOut = 2;

    private readonly TlsEndpoint peer = credentials.Endpoint == TlsEndpoint.Client ? TlsEndpoint.Server : TlsEndpoint.Client;
    private string? refusal;
    private int progress;

    /// <summary>The name of the certificate that the peer showed; null when it showed none.</summary>
    internal string? PeerName { get; private set; }

    /// <summary>Does it. The channel is aborted when it fails.</summary>
    /// <exception cref="TlsException">One side refused, or the time ran out.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal SslStream Run(RecordStream stream, CancellationToken cancellationToken)
    {
        if (credentials.Endpoint == TlsEndpoint.Client && options.VerifyPeer && string.IsNullOrEmpty(options.HostName))
            throw new TlsException($"{channel.Name}: no host name is known that the server's certificate must have (tls-hostname)");
        var session = new SslStream(stream, leaveInnerStreamOpen: false);
        // Nothing else ends a read that a silent peer leaves us in.
        using var limit = new Timer(_ => GiveUp(), null, options.HandshakeTimeout, Timeout.InfiniteTimeSpan);
        using var cancellation = cancellationToken.Register(channel.Abort);
        try
        {
            if (credentials.Endpoint == TlsEndpoint.Client) session.AuthenticateAsClient(ClientOptions());
            else session.AuthenticateAsServer(ServerOptions());
            if (Interlocked.CompareExchange(ref progress, Finished, Running) == TimedOut) throw new IOException("aborted");
            cancellationToken.ThrowIfCancellationRequested();
            return session;
        }
        catch (Exception error) when (error is IOException or AuthenticationException or InvalidOperationException or CryptographicException)
        {
            channel.Abort();
            session.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new TlsException($"{channel.Name}: {Explain(stream, error)}", error);
        }
        catch
        {
            channel.Abort();
            session.Dispose();
            throw;
        }
    }

    /// <summary>What a message of the TLS library says, without what surrounds it.</summary>
    internal static string InnermostMessage(Exception error)
    {
        while (error.InnerException is { } inner) error = inner;
        var text = error.Message;
        // As in "error:0A000418:SSL routines::tlsv1 alert unknown ca".
        var library = text.LastIndexOf("::", StringComparison.Ordinal);
        return library < 0 ? text : text[(library + 2)..];
    }

    private void GiveUp()
    {
        if (Interlocked.CompareExchange(ref progress, TimedOut, Running) == Running) channel.Abort();
    }

    private string Explain(RecordStream stream, Exception error)
    {
        if (progress == TimedOut) return $"the peer did not finish the TLS handshake within {options.HandshakeTimeout.TotalSeconds:0.###} s";
        if (refusal is not null) return refusal;
        // Records of a handshake and alerts; a peer that begins otherwise never meant to.
        if (stream.FirstByte is not (-1 or 0x15 or 0x16)) return "the peer does not speak TLS";
        var message = InnermostMessage(error);
        if (message.Contains(" alert ", StringComparison.Ordinal)) return $"the peer refused the TLS handshake: {message}";
        var isGone = stream.AtEnd || error is LinuxException { ErrorNumber: Errno.EPIPE or Errno.ECONNRESET };
        return isGone ? "the peer closed the connection during the TLS handshake" : $"the TLS handshake failed: {message}";
    }

    private SslClientAuthenticationOptions ClientOptions() => new()
    {
        // Empty, so that no name is sent, as QEMU sends none; the certificate's is compared by us.
        TargetHost = "",
        ClientCertificateContext = credentials.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateChainPolicy = credentials.Check.PolicyFor(peer),
        RemoteCertificateValidationCallback = Verify,
    };

    private SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificateContext = credentials.Context,
        ClientCertificateRequired = options.VerifyPeer,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        CertificateChainPolicy = credentials.Check.PolicyFor(peer),
        RemoteCertificateValidationCallback = Verify,
    };

    private bool Verify(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var shown = certificate as X509Certificate2;
        if (shown is not null) PeerName = DistinguishedName.Of(shown);
        if (!options.VerifyPeer) return true;
        refusal = Refusal(shown, chain, errors);
        return refusal is null;
    }

    private string? Refusal(X509Certificate2? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        var who = peer == TlsEndpoint.Server ? "server" : "client";
        if (shown is null || chain is null) return $"the {who} showed no certificate";
        if (credentials.Check.Refusal(chain, errors, peer) is { } reason) return $"the certificate of the {who}, {PeerName}, {reason}";
        if (peer == TlsEndpoint.Server && !shown.MatchesHostname(options.HostName!))
            return $"the certificate of the server, {PeerName}, is not for the host name '{options.HostName}'";
        if (options.Authorizes is { } authorizes && !authorizes(PeerName!)) return $"the {who} {PeerName} is not among those that are allowed (tls-authz)";
        return null;
    }
}
