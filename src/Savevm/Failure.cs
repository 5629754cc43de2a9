using System.Net.Sockets;
using Savevm.Machine;

namespace Savevm;

/// <summary>
/// Translates exceptions into failures a person can read and exit codes a script can trust. One table, first match wins; what is not in it is
/// our own fault and says so with exit code 1.
/// </summary>
public static class Failure
{
    private static readonly Row[] Rows =
    [
        new(typeof(OperationCanceledException), ExitCode.Cancelled, "cancelled", null),
        new(typeof(DamagedStateException), ExitCode.Damaged, null, "savevm check NAME --read-data lists every defect"),
        new(typeof(MachineRefusedException), ExitCode.Incompatible, null, null),
        new(typeof(FileNotFoundException), ExitCode.NotFound, null, null),
        new(typeof(DirectoryNotFoundException), ExitCode.NotFound, null, null),
        new(typeof(UnauthorizedAccessException), ExitCode.Failed, null, null),
        new(typeof(SocketException), ExitCode.PeerFailed, null, null),
        new(typeof(IOException), ExitCode.Failed, null, null),
    ];

    /// <summary>Translates an exception.</summary>
    /// <param name="exception">What was thrown; a <see cref="SavevmException"/> is returned as it is.</param>
    /// <param name="what">What failed, such as <c>capture of web</c>, for exceptions that do not know.</param>
    public static SavevmException From(Exception exception, string what)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception is SavevmException known)
        {
            return known;
        }

        if (exception is AggregateException { InnerException: { } inner })
        {
            return From(inner, what);
        }

        foreach (Row row in Rows)
        {
            if (row.Type.IsInstanceOfType(exception))
            {
                return new SavevmException(row.Code, what, row.Why ?? exception.Message, row.Hint, exception);
            }
        }

        return new SavevmException(
            ExitCode.Failed,
            what,
            $"{exception.GetType().Name}: {exception.Message}",
            "this is a fault of savevm; --debug shows where it comes from",
            exception);
    }

    /// <param name="Type">The exception, or a type it derives from.</param>
    /// <param name="Code">Its exit code.</param>
    /// <param name="Why">The reason in place of the exception's own message, or null.</param>
    /// <param name="Hint">What to do, or null.</param>
    private sealed record Row(Type Type, ExitCode Code, string? Why, string? Hint);
}
