namespace Savevm.Benchmarks.Measuring;

/// <summary>On whose side a contender is.</summary>
internal enum Role
{
    /// <summary>What is measured.</summary>
    Ours,

    /// <summary>What people use today for the same.</summary>
    Peer,

    /// <summary>What nobody can beat on this machine.</summary>
    Limit,
}
