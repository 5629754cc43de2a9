namespace Savevm.Linux.Sockets;

/// <summary>How a process uses a unix socket address.</summary>
public enum UnixSocketRole
{
    /// <summary>It holds the listening socket.</summary>
    Listener,

    /// <summary>It holds the serving end of a connection made to the address.</summary>
    Server,

    /// <summary>It holds the calling end of a connection made to the address: the one that keeps a monitor busy.</summary>
    Client,
}
