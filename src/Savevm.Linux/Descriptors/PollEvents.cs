namespace Savevm.Linux.Descriptors;

/// <summary>What to wait for, and what came: the values of <c>poll(2)</c>.</summary>
[Flags]
public enum PollEvents : short
{
    /// <summary>Nothing; the time ran out.</summary>
    None = 0,

    /// <summary>POLLIN: a read does not block.</summary>
    Readable = 1,

    /// <summary>POLLOUT: something can be written.</summary>
    Writable = 4,

    /// <summary>POLLERR: an error is pending, or nobody reads the pipe.</summary>
    Error = 8,

    /// <summary>POLLHUP: the other end is gone.</summary>
    HangUp = 16,

    /// <summary>POLLNVAL: the descriptor is not open.</summary>
    Invalid = 32,
}
