namespace Savevm.Wire.Dialects;

/// <summary>
/// What a stream does not say and its machine type does: a newer QEMU that runs an old machine type speaks as the old QEMU did.
/// </summary>
public static class CompatibilityTable
{
    internal const string SendConfiguration = "send-configuration";
    internal const string SendSectionFooter = "send-section-footer";
    internal const string MultifdFlushAfterEachSection = "multifd-flush-after-each-section";
    internal const string ZeroPageDetection = "zero-page-detection";
    internal const string SendSwitchoverStart = "send-switchover-start";

    private static readonly CompatibilityRow[] All =
    [
        new(SendConfiguration, new(2, 4), new(2, 3), "off"),
        new(SendSectionFooter, new(2, 4), new(2, 3), "off"),
        new("store-global-state", new(2, 4), new(2, 3), "off"),
        new("suppress-vmdesc", new(2, 3), new(2, 2), "on"),
        new("x-preempt-pre-7-2", new(8, 0), new(7, 2), "on"),
        new("x-early-migration", new(8, 0), new(7, 2), "off"),
        new(MultifdFlushAfterEachSection, new(8, 1), new(8, 0), "on"),
        new(ZeroPageDetection, new(9, 0), new(8, 2), "legacy"),
        new(SendSwitchoverStart, new(10, 0), new(9, 2), "off"),
        new("multifd-clean-tls-termination", new(10, 0), new(9, 2), "off"),
        new("x-migration-multifd-transfer", new(10, 0), new(9, 2), "off"),
        new("switchover-ack-legacy", new(11, 1), new(11, 0), "on"),
    ];

    /// <summary>All properties.</summary>
    public static IReadOnlyList<CompatibilityRow> Rows => All;

    /// <summary>Whether a machine of this type has the old value of a property.</summary>
    /// <exception cref="ArgumentException">No such property.</exception>
    public static bool IsOld(string property, QemuRelease machine)
    {
        CompatibilityRow row = Array.Find(All, candidate => candidate.Property == property)
            ?? throw new ArgumentException($"No property '{property}'.", nameof(property));
        return machine <= row.LastOld;
    }
}
