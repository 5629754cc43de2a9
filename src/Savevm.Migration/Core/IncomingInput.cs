namespace Savevm.Migration.Core;

/// <summary>What a stream can say next, as far as the order matters, and what else can happen to its reader.</summary>
public enum IncomingInput
{
    /// <summary>The stream header.</summary>
    Header,

    /// <summary>The configuration section.</summary>
    Configuration,

    /// <summary>START of a live section.</summary>
    LiveStart,

    /// <summary>PART of a live section.</summary>
    LivePart,

    /// <summary>END of a live section.</summary>
    LiveEnd,

    /// <summary>A FULL section.</summary>
    Device,

    /// <summary>A command without influence on the order (open return path, ping, switchover start).</summary>
    NeutralCommand,

    /// <summary>POSTCOPY_ADVISE.</summary>
    Advise,

    /// <summary>POSTCOPY_RAM_DISCARD.</summary>
    Discard,

    /// <summary>PACKAGED, whose contents are judged one by one.</summary>
    Package,

    /// <summary>POSTCOPY_LISTEN.</summary>
    Listen,

    /// <summary>POSTCOPY_RUN.</summary>
    Run,

    /// <summary>RECV_BITMAP: the source of a new connection asks which pages of a block are here.</summary>
    Bitmap,

    /// <summary>POSTCOPY_RESUME: it knows, and goes on.</summary>
    Resume,

    /// <summary>The end mark.</summary>
    EndOfFile,

    /// <summary>No stream: a connection was given.</summary>
    Begin,

    /// <summary>No stream: what the phase has to do is done.</summary>
    Done,

    /// <summary>No stream: anything went wrong.</summary>
    Failure,

    /// <summary>No stream: nobody wants it any more.</summary>
    Cancel,
}
