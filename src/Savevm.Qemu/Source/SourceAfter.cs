namespace Savevm.Qemu.Source;

/// <summary>What becomes of the source's guest when its state has been taken.</summary>
public enum SourceAfter
{
    /// <summary>It runs again, if it ran before.</summary>
    Run,

    /// <summary>It stays paused.</summary>
    Stop,

    /// <summary>Its QEMU ends.</summary>
    Quit,
}
