namespace Savevm.Migration.Live;

/// <summary>What follows a round.</summary>
public enum RoundDecision
{
    /// <summary>Another round.</summary>
    Iterate,

    /// <summary>The machine is stopped, and the rest is sent.</summary>
    SwitchOver,

    /// <summary>The machine goes on at the destination, and the rest is sent on request.</summary>
    Postcopy,
}
