namespace Savevm.Linux.Sockets;

/// <summary>Which direction of a connection <c>shutdown(2)</c> ends.</summary>
public enum ShutdownDirection
{
    /// <summary>SHUT_RD.</summary>
    Read = 0,

    /// <summary>SHUT_WR: the peer sees the end of the stream.</summary>
    Write = 1,

    /// <summary>SHUT_RDWR.</summary>
    Both = 2,
}
