namespace Savevm.Wire.Colo;

/// <summary>The messages of COLO.</summary>
public static class ColoMessageTable
{
    private static readonly ColoMessageRow[] ByNumber =
    [
        new(ColoMessageType.CheckpointReady, "CHECKPOINT_READY", IsFromPrimary: false, HasValue: false),
        new(ColoMessageType.CheckpointRequest, "CHECKPOINT_REQUEST", IsFromPrimary: true, HasValue: false),
        new(ColoMessageType.CheckpointReply, "CHECKPOINT_REPLY", IsFromPrimary: false, HasValue: false),
        new(ColoMessageType.VMStateSend, "VMSTATE_SEND", IsFromPrimary: true, HasValue: false),
        new(ColoMessageType.VMStateSize, "VMSTATE_SIZE", IsFromPrimary: true, HasValue: true),
        new(ColoMessageType.VMStateReceived, "VMSTATE_RECEIVED", IsFromPrimary: false, HasValue: false),
        new(ColoMessageType.VMStateLoaded, "VMSTATE_LOADED", IsFromPrimary: false, HasValue: false),
    ];

    /// <summary>All messages, by number.</summary>
    public static IReadOnlyList<ColoMessageRow> Rows => ByNumber;

    /// <summary>The row of a message; null when there is no such message.</summary>
    public static ColoMessageRow? Find(ColoMessageType type) => (uint)type < (uint)ByNumber.Length ? ByNumber[(int)type] : null;
}
