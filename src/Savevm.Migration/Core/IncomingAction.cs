namespace Savevm.Migration.Core;

/// <summary>What a driver does for the core of a destination.</summary>
public enum IncomingAction
{
    /// <summary>Nothing: wait for an event from outside, or it has ended.</summary>
    None,

    /// <summary>Read the next record of the stream, and do what it says.</summary>
    ReadRecord,

    /// <summary>Read the description that may follow the stream.</summary>
    ReadDescription,

    /// <summary>Give the devices to the machine.</summary>
    LoadDevices,

    /// <summary>Say to the source that everything is here.</summary>
    SayShut,

    /// <summary>Wait for the end of the connection.</summary>
    AwaitEnd,

    /// <summary>Wait for a new connection.</summary>
    AwaitConnection,

    /// <summary>Let the machine run.</summary>
    StartMachine,
}
