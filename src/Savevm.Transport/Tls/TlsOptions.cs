namespace Savevm.Transport.Tls;

/// <summary>What is asked of the peer of one session. The defaults ask for everything.</summary>
public sealed record TlsOptions
{
    /// <summary>
    /// The name that a server's certificate must have, a host's or an address's, as QEMU's <c>tls-hostname</c>. A client that verifies its peer
    /// must know it; a server does not use it.
    /// </summary>
    public string? HostName { get; init; }

    /// <summary>
    /// The peer must show a certificate that the CA of the credentials signed, for its side of a session (<c>verify-peer</c>). Without it
    /// the session is secret from those who only listen, and from nobody else.
    /// </summary>
    public bool VerifyPeer { get; init; } = true;

    /// <summary>
    /// Which verified peers are let in, by the distinguished name of their certificate, such as <c>CN=host1,O=Example</c> (<c>tls-authz</c>).
    /// Null lets in all of them. Called on the thread of the handshake.
    /// </summary>
    public Func<string, bool>? Authorizes { get; init; }

    /// <summary>How long a handshake may take.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A connection that ends without TLS's own end mark (close_notify) is taken for a stream that ended. By default it is an error, since
    /// anybody on the way can cut a connection. QEMU sends the mark on its multifd channels only.
    /// </summary>
    public bool AcceptsUnmarkedEnd { get; init; }

    /// <summary>The name to expect of the server at an address: the host of a tcp address; null where there is none.</summary>
    public static string? HostOf(ChannelAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme != "tcp") return null;
        return address.Target.Length == 0 ? "localhost" : address.Target;
    }
}
