namespace Savevm.Hosting.Paging;

/// <summary>What a program and its pager agree on.</summary>
internal static class PagerContract
{
    /// <summary>The descriptors that a pager inherits. The last one is held and nothing else: some programs end with their pager.</summary>
    public const int ControlDescriptor = 3, SharedDescriptor = 4, FileDescriptor = 5, FaultsDescriptor = 6, LifeLineDescriptor = 7;

    /// <summary>Tells a process by its environment that it is a pager, and what for.</summary>
    public const string Variable = "SAVEVM_PAGER", SnapshotTask = "snapshot", ArrivalTask = "arrival";

    /// <summary>For messages.</summary>
    public const string Name = "pager";

    /// <summary>Words of one byte on the control connection: the pager serves, the program has registered its memory, everything has arrived.</summary>
    public const byte Serves = 1, Begin = 2, Arrived = 3;

    /// <summary>This program is its own pager when it is started as one.</summary>
    public static bool IsWired { get; set; }
}
