namespace Savevm.Migration.Core;

/// <summary>What can happen to the source of a migration.</summary>
public enum SourceEvent
{
    /// <summary>A connection was given.</summary>
    Begin,

    /// <summary>A connection was given to a destination that waits in postcopy for the rest of what another process began to send.</summary>
    TakeUp,

    /// <summary>What the phase has to do is done.</summary>
    Done,

    /// <summary>There are devices that must leave before the machine can be sent.</summary>
    UnplugWanted,

    /// <summary>The round has nothing more to send.</summary>
    RoundEnded,

    /// <summary>What is pending is too much to stop for.</summary>
    Iterate,

    /// <summary>What is pending is little enough, or enough rounds were made.</summary>
    SwitchOver,

    /// <summary>The destination did not yet agree to the switch.</summary>
    AcknowledgeWanted,

    /// <summary>The machine is to go on at the destination before all of its RAM is there.</summary>
    Postcopy,

    /// <summary>Somebody wants to release what the machine holds before it leaves.</summary>
    ReleaseWanted,

    /// <summary>Anything went wrong: the connection, the destination, the machine.</summary>
    Failure,

    /// <summary>Its owner does not want it any more.</summary>
    Cancel,
}
