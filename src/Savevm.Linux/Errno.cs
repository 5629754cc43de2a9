namespace Savevm.Linux;

/// <summary>The error numbers that code decides on; the same on x86-64 and arm64.</summary>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;

    /// <summary>No such process.</summary>
    public const int ESRCH = 3;

    /// <summary>A signal interrupted the call.</summary>
    public const int EINTR = 4;

    /// <summary>No such device or address.</summary>
    public const int ENXIO = 6;

    /// <summary>Bad file descriptor.</summary>
    public const int EBADF = 9;

    /// <summary>No child processes.</summary>
    public const int ECHILD = 10;

    /// <summary>The call would block.</summary>
    public const int EAGAIN = 11;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;

    /// <summary>An address that is not mapped.</summary>
    public const int EFAULT = 14;

    /// <summary>The thing exists already.</summary>
    public const int EEXIST = 17;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>Not a terminal: the descriptor does not know this ioctl.</summary>
    public const int ENOTTY = 25;

    /// <summary>Nobody reads the other end.</summary>
    public const int EPIPE = 32;

    /// <summary>A name is too long.</summary>
    public const int ENAMETOOLONG = 36;

    /// <summary>The kernel has no such system call.</summary>
    public const int ENOSYS = 38;

    /// <summary>Not supported here, by this file system for instance.</summary>
    public const int EOPNOTSUPP = 95;

    /// <summary>The address is in use.</summary>
    public const int EADDRINUSE = 98;

    /// <summary>The peer reset the connection.</summary>
    public const int ECONNRESET = 104;

    /// <summary>Nobody listens there.</summary>
    public const int ECONNREFUSED = 111;

    /// <summary>The connection is being made.</summary>
    public const int EINPROGRESS = 115;
}
