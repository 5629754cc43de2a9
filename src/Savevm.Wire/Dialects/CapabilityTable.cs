namespace Savevm.Wire.Dialects;

/// <summary>The migration capabilities of all releases.</summary>
public static class CapabilityTable
{
    /// <summary>The capability that leaves shared RAM out of the stream.</summary>
    public const string IgnoreShared = "x-ignore-shared";

    /// <summary>The capability that puts RAM at fixed places of a file.</summary>
    public const string MappedRam = "mapped-ram";

    private static readonly CapabilityRow[] All =
    [
        new("xbzrle", new(1, 2), null, CapabilitySides.Source, IsAnnounced: false),
        new("rdma-pin-all", new(2, 0), null, CapabilitySides.Both, IsAnnounced: false),
        new("auto-converge", new(1, 6), null, CapabilitySides.Source, IsAnnounced: false),
        new("zero-blocks", new(1, 6), new(10, 2), CapabilitySides.Source, IsAnnounced: false),
        new("compress", new(2, 4), new(9, 0), CapabilitySides.Both, IsAnnounced: false),
        new("events", new(2, 4), null, CapabilitySides.Either, IsAnnounced: false),
        new("postcopy-ram", new(2, 6), null, CapabilitySides.Both, IsAnnounced: false),
        new("x-colo", new(2, 8), null, CapabilitySides.Both, IsAnnounced: false),
        new("release-ram", new(2, 9), null, CapabilitySides.Source, IsAnnounced: false),
        new("block", new(2, 10), new(9, 0), CapabilitySides.Both, IsAnnounced: false),
        new("return-path", new(2, 10), null, CapabilitySides.Source, IsAnnounced: false),
        new("pause-before-switchover", new(2, 11), null, CapabilitySides.Source, IsAnnounced: false),
        new("multifd", new(4, 0), null, CapabilitySides.Both, IsAnnounced: false),
        new("dirty-bitmaps", new(2, 12), null, CapabilitySides.Source, IsAnnounced: false),
        new("postcopy-blocktime", new(3, 0), null, CapabilitySides.Destination, IsAnnounced: false),
        new("late-block-activate", new(3, 0), null, CapabilitySides.Destination, IsAnnounced: false),
        new(IgnoreShared, new(4, 0), null, CapabilitySides.Both, IsAnnounced: true),
        new("validate-uuid", new(4, 2), null, CapabilitySides.Source, IsAnnounced: false),
        new("background-snapshot", new(6, 0), null, CapabilitySides.Source, IsAnnounced: false),
        new("zero-copy-send", new(7, 1), null, CapabilitySides.Source, IsAnnounced: false),
        new("postcopy-preempt", new(7, 1), null, CapabilitySides.Both, IsAnnounced: false),
        new("switchover-ack", new(8, 1), null, CapabilitySides.Both, IsAnnounced: false),
        new("dirty-limit", new(8, 1), null, CapabilitySides.Source, IsAnnounced: false),
        new(MappedRam, new(9, 0), null, CapabilitySides.Both, IsAnnounced: true),
    ];

    /// <summary>All capabilities.</summary>
    public static IReadOnlyList<CapabilityRow> Rows => All;

    /// <summary>The row of a capability; null when no release has it.</summary>
    public static CapabilityRow? Find(string name) => Array.Find(All, row => row.Name == name);
}
