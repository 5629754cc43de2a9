namespace Savevm.Qemu.Qmp;

/// <summary>How a monitor is talked to.</summary>
/// <param name="EnableOob">Negotiates out-of-band commands where the monitor offers them.</param>
/// <param name="GreetingTimeout">How long the greeting may take; 3 s when null. A monitor that serves somebody else never greets.</param>
public sealed record QmpOptions(bool EnableOob = true, TimeSpan? GreetingTimeout = null)
{
    /// <summary>How long the answer to one command may take before the monitor counts as dead; null waits for ever.</summary>
    public TimeSpan? CommandTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Largest message that is read, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Returns before the greeting came; <c>qmp_capabilities</c> then travels in front of the first command, in the same write.
    /// For a QEMU that we start ourselves and whose first microseconds count: its monitor is known to offer <c>oob</c>.
    /// </summary>
    public bool NegotiateWithFirstCommand { get; init; }

    /// <summary>
    /// The connection was another process's, which had negotiated <c>oob</c>: nothing is negotiated, and what was on its way to that process
    /// (the rest of a line, answers, events) is not ours.
    /// </summary>
    public bool IsTakenOver { get; init; }

    internal TimeSpan Greeting => GreetingTimeout ?? TimeSpan.FromSeconds(3);
}
