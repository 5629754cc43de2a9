namespace Savevm.Wire.ReturnPath;

/// <summary>The messages of the return path with their payload lengths.</summary>
public static class ReturnMessageTable
{
    internal const int ReqPagesBytes = 12;

    private static readonly ReturnMessageRow[] ByNumber =
    [
        new(ReturnMessageType.Shut, "SHUT", 4, 4),
        new(ReturnMessageType.Pong, "PONG", 4, 4),
        new(ReturnMessageType.ReqPagesId, "REQ_PAGES_ID", ReqPagesBytes + 2, ReqPagesBytes + 1 + WireLimits.MaxIdStrBytes),
        new(ReturnMessageType.ReqPages, "REQ_PAGES", ReqPagesBytes, ReqPagesBytes),
        new(ReturnMessageType.RecvBitmap, "RECV_BITMAP", 2, 1 + WireLimits.MaxIdStrBytes),
        new(ReturnMessageType.ResumeAck, "RESUME_ACK", 4, 4),
        new(ReturnMessageType.SwitchoverAck, "SWITCHOVER_ACK", 0, 0),
    ];

    /// <summary>All messages, by number.</summary>
    public static IReadOnlyList<ReturnMessageRow> Rows => ByNumber;

    /// <summary>The row of a message; null when there is no such message.</summary>
    public static ReturnMessageRow? Find(ReturnMessageType type)
    {
        // Number 1 is the first row; 0 wraps to the end and is not found either.
        uint index = (uint)type - 1;
        return index < (uint)ByNumber.Length ? ByNumber[index] : null;
    }
}
