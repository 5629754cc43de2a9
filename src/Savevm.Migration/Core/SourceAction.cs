namespace Savevm.Migration.Core;

/// <summary>What a driver does for the core, and answers with an event.</summary>
public enum SourceAction
{
    /// <summary>Nothing: wait for an event from outside, or it has ended.</summary>
    None,

    /// <summary>Write header, configuration, commands and the set-up of all live sections.</summary>
    WriteOpening,

    /// <summary>Wait until the devices that must leave have left.</summary>
    AwaitUnplug,

    /// <summary>Send some live state.</summary>
    SendLive,

    /// <summary>Count what is pending, and decide.</summary>
    CollectPending,

    /// <summary>Hear the destination for a while.</summary>
    AwaitAcknowledgement,

    /// <summary>Stop the machine.</summary>
    StopMachine,

    /// <summary>Let its owner release what it holds.</summary>
    Release,

    /// <summary>Send all live state that is left.</summary>
    SendRest,

    /// <summary>Save the devices and write all but the end mark.</summary>
    WriteDevices,

    /// <summary>Write the end mark and the description.</summary>
    WriteEnd,

    /// <summary>Wait for the destination's word.</summary>
    AwaitShut,

    /// <summary>Write discards and the package.</summary>
    WritePackage,

    /// <summary>Serve and push pages until none is left.</summary>
    ServePages,

    /// <summary>Write the end of a stream in postcopy.</summary>
    WritePostcopyEnd,

    /// <summary>Wait for a new connection.</summary>
    AwaitConnection,

    /// <summary>Ask which pages arrived, and let the destination go on.</summary>
    Resume,

    /// <summary>Break the connection, stop tracking, let the machine run as before.</summary>
    HandBack,
}
