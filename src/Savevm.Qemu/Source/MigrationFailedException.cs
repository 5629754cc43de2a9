namespace Savevm.Qemu.Source;

/// <summary>The source's migration ended without being complete. The guest is still the source's.</summary>
public sealed class MigrationFailedException : QemuException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="status">The state it ended in: <c>failed</c> or <c>cancelled</c>.</param>
    /// <param name="reason">QEMU's own reason, or null.</param>
    public MigrationFailedException(string status, string? reason)
        : base(status == "cancelled"
            ? "QEMU's migration was cancelled"
            : $"QEMU's migration failed: {reason ?? "QEMU gives no reason; its own error output may"}")
    {
        Status = status;
    }

    /// <summary>The state it ended in.</summary>
    public string Status { get; }
}
