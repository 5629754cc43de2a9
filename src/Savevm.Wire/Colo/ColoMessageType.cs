namespace Savevm.Wire.Colo;

/// <summary>Numbers of the messages that both sides of a COLO pair exchange on the migration's connection.</summary>
public enum ColoMessageType : uint
{
    /// <summary>The secondary has loaded the machine and is ready.</summary>
    CheckpointReady = 0,

    /// <summary>The primary wants a checkpoint.</summary>
    CheckpointRequest = 1,

    /// <summary>The secondary stands still.</summary>
    CheckpointReply = 2,

    /// <summary>RAM follows, as sections of the main stream.</summary>
    VMStateSend = 3,

    /// <summary>The devices follow, in this many bytes.</summary>
    VMStateSize = 4,

    /// <summary>The secondary has all of it.</summary>
    VMStateReceived = 5,

    /// <summary>The secondary runs from it.</summary>
    VMStateLoaded = 6,
}
