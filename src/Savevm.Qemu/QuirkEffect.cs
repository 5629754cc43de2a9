namespace Savevm.Qemu;

/// <summary>What follows from a known fault.</summary>
public enum QuirkEffect
{
    /// <summary>The mode is not taken unless it was asked for in so many words: background instead, or stop.</summary>
    AvoidMode,

    /// <summary>The capture is refused.</summary>
    Refuse,
}
