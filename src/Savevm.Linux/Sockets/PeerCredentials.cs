using System.Runtime.InteropServices;

namespace Savevm.Linux.Sockets;

/// <summary>
/// Who is at the other end of a unix socket. For the side that connected it is the process that called <c>listen</c>, which
/// may have forked and gone since: see <see cref="UnixSocketOwner"/> then.
/// </summary>
/// <param name="ProcessId">Its process, 0 when it is in another pid namespace.</param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupId">Its effective group.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId)
{
    /// <summary>Asks the kernel (SO_PEERCRED).</summary>
    /// <exception cref="LinuxException">It is not a connected unix socket.</exception>
    public static unsafe PeerCredentials Read(SafeHandle socket, string name)
    {
        const int SocketLevel = 1, PeerCredentialsOption = 17;
        PeerCredentials credentials;
        var length = (uint)sizeof(PeerCredentials);
        if (SocketCalls.GetOption(socket, SocketLevel, PeerCredentialsOption, &credentials, &length) != 0)
            throw LinuxException.Last("getsockopt", name);
        return credentials;
    }
}
