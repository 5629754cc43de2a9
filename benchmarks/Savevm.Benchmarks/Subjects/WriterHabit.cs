namespace Savevm.Benchmarks.Subjects;

/// <summary>How a thread writes to RAM, and what counts as its work.</summary>
internal enum WriterHabit
{
    /// <summary>As fast as it can, a word in a page at random: writes.</summary>
    AtRandom,

    /// <summary>As fast as it can, whole pages, one after the other, as the benchmarks' guest does: pages.</summary>
    InOrder,

    /// <summary>200 MB each second, whole pages, one after the other; what it does in the time that it has to spare: turns of an empty loop.</summary>
    Paced,
}
