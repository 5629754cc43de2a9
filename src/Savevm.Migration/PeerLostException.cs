namespace Savevm.Migration;

/// <summary>The peer vanished: the connection ended or broke where more was due.</summary>
public sealed class PeerLostException : IOException
{
    /// <summary>Says where the stream stood.</summary>
    /// <param name="message">What was being done, with the stream offset.</param>
    /// <param name="innerException">The error of the connection, if it was one.</param>
    public PeerLostException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
