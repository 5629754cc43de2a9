namespace Savevm;

/// <summary>What becomes of the guest once its state is safe.</summary>
public enum AfterCapture
{
    /// <summary>It goes on as before: running, or paused where its user had paused it.</summary>
    Run,

    /// <summary>It stays paused.</summary>
    Stop,

    /// <summary>Its QEMU is told to quit, after the snapshot is durable.</summary>
    Quit,
}
