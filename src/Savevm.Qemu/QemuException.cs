namespace Savevm.Qemu;

/// <summary>Something about a QEMU went wrong: it refused, failed, vanished, or cannot be used as asked.</summary>
public class QemuException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What failed and why, one sentence, names included.</param>
    /// <param name="hint">What to do about it; null where nobody knows.</param>
    /// <param name="innerException">The cause, or null.</param>
    public QemuException(string message, string? hint = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Hint = hint;
    }

    /// <summary>What to do about it, one sentence; null where nobody knows.</summary>
    public string? Hint { get; }
}
