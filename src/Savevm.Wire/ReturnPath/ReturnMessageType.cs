namespace Savevm.Wire.ReturnPath;

/// <summary>Numbers of the messages on the return path, from the destination to the source.</summary>
public enum ReturnMessageType : ushort
{
    /// <summary>The last message: how it ended.</summary>
    Shut = 1,

    /// <summary>Answer to a PING.</summary>
    Pong = 2,

    /// <summary>Asks for pages of the block it names.</summary>
    ReqPagesId = 3,

    /// <summary>Asks for pages of the block named last.</summary>
    ReqPages = 4,

    /// <summary>A bitmap of received pages follows.</summary>
    RecvBitmap = 5,

    /// <summary>The destination is ready to go on after a recovery.</summary>
    ResumeAck = 6,

    /// <summary>The destination agrees to the switchover; since QEMU 8.1.</summary>
    SwitchoverAck = 7,
}
