namespace Savevm.Linux.Pagemap;

/// <summary>What the page tables say of a page, by the kernel's bits.</summary>
[Flags]
public enum PageCategories : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its write protection is asynchronous.</summary>
    WriteProtectAllowed = 1 << 0,

    /// <summary>It was written to since it was last write-protected, or never was protected.</summary>
    Written = 1 << 1,

    /// <summary>It is of a file.</summary>
    File = 1 << 2,

    /// <summary>It is in memory.</summary>
    Present = 1 << 3,

    /// <summary>It is swapped out.</summary>
    Swapped = 1 << 4,

    /// <summary>It is the one page of zeros that all share.</summary>
    ZeroFrame = 1 << 5,

    /// <summary>It is part of a huge page.</summary>
    Huge = 1 << 6,

    /// <summary>It was written to since soft-dirty bits were last cleared.</summary>
    SoftDirty = 1 << 7,
}
