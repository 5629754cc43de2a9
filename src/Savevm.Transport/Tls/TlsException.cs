namespace Savevm.Transport.Tls;

/// <summary>Credentials that cannot be used, a handshake that one side refused, or a session that broke. The message says who refused, and why.</summary>
public sealed class TlsException : IOException
{
    /// <summary>Says what went wrong.</summary>
    /// <param name="message">The file or the connection, and the reason.</param>
    /// <param name="innerException">What was met, where it was something that was met.</param>
    public TlsException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
