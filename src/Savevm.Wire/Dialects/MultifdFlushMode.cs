namespace Savevm.Wire.Dialects;

/// <summary>Which mark on the main channel pairs with a SYNC packet on each multifd channel.</summary>
public enum MultifdFlushMode
{
    /// <summary>A MULTIFD_FLUSH record, once a round: QEMU 8.1 and newer with its own machine types.</summary>
    EachRound,

    /// <summary>The end of each START, PART and END body: QEMU up to 8.0, and newer ones with machine types up to 8.0.</summary>
    EachSection,
}
