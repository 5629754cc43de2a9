namespace Savevm.Transport.Tls;

/// <summary>
/// Which side of a session one is. In a migration the destination is the server and the source the client, on every channel, whoever
/// made the connection.
/// </summary>
public enum TlsEndpoint
{
    /// <summary>The source of a migration.</summary>
    Client,

    /// <summary>The destination of a migration.</summary>
    Server,
}
