using Savevm.Wire.Forward;

namespace Savevm.Wire.Dialects;

/// <summary>
/// What a stream does not say about itself: it follows from the capabilities, parameters and machine type of both sides.
/// </summary>
public sealed record StreamDialect
{
    /// <summary>x86 without postcopy: 4 KiB pages, footers on.</summary>
    public static StreamDialect Default { get; } = new();

    /// <summary>Binary logarithm of the target page size. The low bits of a RAM record's word carry flags.</summary>
    public int TargetPageBits { get; init; } = 12;

    /// <summary>START, PART, END and FULL end with a footer. Off only for machine types up to 2.3.</summary>
    public bool HasFooters { get; init; } = true;

    /// <summary>The configuration section follows the header. Off only for machine types up to 2.3.</summary>
    public bool HasConfiguration { get; init; } = true;

    /// <summary>
    /// The sender has <c>postcopy-ram</c> on: a RAM block whose host pages are not of the ordinary size carries its page size.
    /// </summary>
    public bool HasPostcopyPageSizes { get; init; }

    /// <summary>The sender has <c>x-ignore-shared</c> on: every RAM block carries its guest physical address.</summary>
    public bool HasGuestAddresses { get; init; }

    /// <summary>
    /// The sender has <c>mapped-ram</c> on: every RAM block carries a header that says where its bitmap and pages lie in the file.
    /// </summary>
    public bool HasMappedRam { get; init; }

    /// <summary>A zero page's fill byte may be other than 0. Only QEMU up to 9.2 takes it so, and none has ever sent it.</summary>
    public bool AcceptsFillBytes { get; init; }

    /// <summary>The sender writes SWITCHOVER_START when the guest stands still.</summary>
    public bool HasSwitchoverStart { get; init; } = true;

    /// <summary>Which mark on the main channel pairs with the SYNC packets, if there are multifd channels.</summary>
    public MultifdFlushMode MultifdFlush { get; init; }

    /// <summary>Pages of zeros travel in multifd packets; otherwise as ZERO records on the main channel.</summary>
    public bool HasMultifdZeroPages { get; init; } = true;

    /// <summary>The target page size in bytes.</summary>
    public ulong TargetPageSize => 1UL << TargetPageBits;

    /// <summary>How a machine of this type speaks, with no capability on. A name without release counts as the newest.</summary>
    public static StreamDialect OfMachine(string machineName) =>
        QemuRelease.TryParseMachine(machineName, out QemuRelease machine)
            ? new StreamDialect
            {
                HasFooters = !CompatibilityTable.IsOld(CompatibilityTable.SendSectionFooter, machine),
                HasConfiguration = !CompatibilityTable.IsOld(CompatibilityTable.SendConfiguration, machine),
                HasSwitchoverStart = !CompatibilityTable.IsOld(CompatibilityTable.SendSwitchoverStart, machine),
                HasMultifdZeroPages = !CompatibilityTable.IsOld(CompatibilityTable.ZeroPageDetection, machine),
                MultifdFlush = CompatibilityTable.IsOld(CompatibilityTable.MultifdFlushAfterEachSection, machine)
                    ? MultifdFlushMode.EachSection
                    : MultifdFlushMode.EachRound,
            }
            : Default;

    /// <summary>This dialect with what a configuration section tells.</summary>
    public StreamDialect With(ConfigurationRecord configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return this with
        {
            TargetPageBits = configuration.TargetPageBits ?? TargetPageBits,
            HasGuestAddresses = HasGuestAddresses || configuration.Capabilities.Contains(CapabilityTable.IgnoreShared),
            HasMappedRam = HasMappedRam || configuration.Capabilities.Contains(CapabilityTable.MappedRam),
        };
    }
}
