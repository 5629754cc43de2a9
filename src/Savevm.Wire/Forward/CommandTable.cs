using Savevm.Wire.Dialects;

namespace Savevm.Wire.Forward;

/// <summary>The commands of the main stream with their payload lengths. Reader, writer, scanner and printer use this table.</summary>
public static class CommandTable
{
    private static readonly CommandRow[] ByNumber =
    [
        new(CommandType.OpenReturnPath, "OPEN_RETURN_PATH", 0, 0, 1),
        new(CommandType.Ping, "PING", 4, 4, 1),
        new(CommandType.PostcopyAdvise, "POSTCOPY_ADVISE", 0, 16, 16),
        new(CommandType.PostcopyListen, "POSTCOPY_LISTEN", 0, 0, 1),
        new(CommandType.PostcopyRun, "POSTCOPY_RUN", 0, 0, 1),
        new(CommandType.PostcopyRamDiscard, "POSTCOPY_RAM_DISCARD", 20, ushort.MaxValue, 1),
        new(CommandType.Packaged, "PACKAGED", 4, 4, 1),
        new(CommandType.EnableColo, "ENABLE_COLO", 0, 0, 1, Last: new QemuRelease(10, 2)),
        new(CommandType.PostcopyResume, "POSTCOPY_RESUME", 0, 0, 1),
        new(CommandType.RecvBitmap, "RECV_BITMAP", 2, 1 + WireLimits.MaxIdStrBytes, 1),
        new(CommandType.SwitchoverStart, "SWITCHOVER_START", 0, 0, 1, First: new QemuRelease(10, 0)),
    ];

    /// <summary>All commands, by number.</summary>
    public static IReadOnlyList<CommandRow> Rows => ByNumber;

    /// <summary>The row of a command; null when there is no such command.</summary>
    public static CommandRow? Find(CommandType type)
    {
        // Number 1 is the first row; 0 wraps to the end and is not found either.
        uint index = (uint)type - 1;
        return index < (uint)ByNumber.Length ? ByNumber[index] : null;
    }
}
