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

    /// <summary>
    /// The sender has <c>postcopy-ram</c> on: a RAM block whose host pages are not of the ordinary size carries its page size.
    /// </summary>
    public bool HasPostcopyPageSizes { get; init; }

    /// <summary>The sender has <c>x-ignore-shared</c> on: every RAM block carries its guest physical address.</summary>
    public bool HasGuestAddresses { get; init; }

    /// <summary>The target page size in bytes.</summary>
    public ulong TargetPageSize => 1UL << TargetPageBits;
}
