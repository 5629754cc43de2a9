namespace Savevm.Linux.Userfaultfd;

/// <summary>What a kernel can do beyond missing pages of private memory, by its own bits.</summary>
[Flags]
public enum UserfaultfdFeatures : ulong
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Write-protect faults are told from others (kernel 5.7).</summary>
    PageFaultFlagWriteProtect = 1 << 0,

    /// <summary>Missing pages of hugetlbfs.</summary>
    MissingHugetlbfs = 1 << 4,

    /// <summary>Missing pages of shared memory.</summary>
    MissingShmem = 1 << 5,

    /// <summary>Pages that the file has and this mapping does not, in hugetlbfs.</summary>
    MinorHugetlbfs = 1 << 9,

    /// <summary>Pages that the file has and this mapping does not, in shared memory.</summary>
    MinorShmem = 1 << 10,

    /// <summary>Faults are reported with all bits of their address.</summary>
    ExactAddress = 1 << 11,

    /// <summary>Write protection of shared memory and hugetlbfs (5.19).</summary>
    WriteProtectHugetlbfsShmem = 1 << 12,

    /// <summary>Write protection holds for pages that are not there yet, also of private memory (6.4).</summary>
    WriteProtectUnpopulated = 1 << 13,

    /// <summary>A write to a protected page is let through by the kernel, which only notes it (6.7).</summary>
    WriteProtectAsync = 1 << 15,
}
