namespace Savevm.Qemu.Qmp;

/// <summary>The connection to a monitor could not be made, broke, or carries something that is not QMP.</summary>
public class QmpConnectionException : QemuException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="failure">Which kind of failure it is.</param>
    /// <param name="message">What failed and why.</param>
    /// <param name="hint">What to do, or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public QmpConnectionException(QmpFailure failure, string message, string? hint = null, Exception? innerException = null)
        : base(message, hint, innerException)
    {
        Failure = failure;
    }

    /// <summary>Which kind of failure it is.</summary>
    public QmpFailure Failure { get; }
}
