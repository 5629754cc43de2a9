namespace Savevm.Qemu;

/// <summary>A QEMU that we started could not be started, or ended at once.</summary>
public sealed class QemuStartException : QemuException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What failed and why.</param>
    /// <param name="lastErrorLine">The last thing QEMU said; null where it said nothing.</param>
    /// <param name="hint">What to do, or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public QemuStartException(string message, string? lastErrorLine = null, string? hint = null, Exception? innerException = null)
        : base(lastErrorLine is null ? message : $"{message}: {lastErrorLine}", hint, innerException)
    {
        LastErrorLine = lastErrorLine;
    }

    /// <summary>The last thing QEMU said; null where it said nothing.</summary>
    public string? LastErrorLine { get; }
}
