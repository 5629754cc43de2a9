namespace Savevm.Linux.Userfaultfd;

/// <summary>Which faults of a range are reported, by the kernel's bits.</summary>
[Flags]
public enum UserfaultfdModes : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A page that is not there.</summary>
    Missing = 1 << 0,

    /// <summary>A write to a page that is write-protected.</summary>
    WriteProtect = 1 << 1,

    /// <summary>A page that the file has and this mapping does not.</summary>
    Minor = 1 << 2,
}
