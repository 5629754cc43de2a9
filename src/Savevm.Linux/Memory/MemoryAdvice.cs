namespace Savevm.Linux.Memory;

/// <summary>What <c>madvise</c> is told, by the kernel's numbers.</summary>
public enum MemoryAdvice
{
    /// <summary>Give the pages back: private anonymous memory is zero afterwards, other memory is read from its file again.</summary>
    DontNeed = 4,

    /// <summary>Give the pages back and make a hole in the file under them: shared memory is zero afterwards.</summary>
    Remove = 9,

    /// <summary>A child that is forked does not get this memory.</summary>
    DontFork = 10,

    /// <summary>Huge pages where they fit.</summary>
    HugePage = 14,

    /// <summary>No huge pages.</summary>
    NoHugePage = 15,

    /// <summary>Make every page present as if it had been read.</summary>
    PopulateRead = 22,

    /// <summary>Make every page present as if it had been written to, without changing it.</summary>
    PopulateWrite = 23,
}
