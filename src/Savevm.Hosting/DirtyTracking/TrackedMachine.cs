using Savevm.Hosting.Ram;

namespace Savevm.Hosting.DirtyTracking;

/// <summary>What a tracker must know of a machine.</summary>
/// <param name="Ram">Its RAM.</param>
public sealed record TrackedMachine(GuestRam Ram)
{
    /// <summary>
    /// All that is ever written to its RAM goes through <see cref="GuestMemory"/>: the machine's word for it, which nothing can check. Native
    /// code, a system call that reads into RAM, and a processor of hardware make it untrue.
    /// </summary>
    public bool WritesByAccessorOnly { get; init; }

    /// <summary>Holds up its writers; null when they cannot be.</summary>
    public IWriterPause? Pause { get; init; }
}
