namespace Savevm.Wire.Forward;

/// <summary>Numbers of the commands on the main stream.</summary>
public enum CommandType : ushort
{
    /// <summary>The destination shall open the return path.</summary>
    OpenReturnPath = 1,

    /// <summary>Asks for a PONG with the same value.</summary>
    Ping = 2,

    /// <summary>Postcopy may follow; tells page sizes.</summary>
    PostcopyAdvise = 3,

    /// <summary>The destination shall serve missing pages from now on.</summary>
    PostcopyListen = 4,

    /// <summary>The destination shall run.</summary>
    PostcopyRun = 5,

    /// <summary>Drops pages at the destination.</summary>
    PostcopyRamDiscard = 6,

    /// <summary>A nested stream follows.</summary>
    Packaged = 7,

    /// <summary>Begins COLO; gone in QEMU 11.0.</summary>
    EnableColo = 8,

    /// <summary>Ends a recovery.</summary>
    PostcopyResume = 9,

    /// <summary>Asks which pages of a block were received.</summary>
    RecvBitmap = 10,

    /// <summary>The guest stands still at the source; since QEMU 10.0.</summary>
    SwitchoverStart = 11,
}
