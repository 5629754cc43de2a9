using System.Net.Sockets;
using Savevm.Linux;
using Savevm.Machine;
using Savevm.Migration;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.CommandLine.Settings;
using Savevm.Qemu.Destination;
using Savevm.Qemu.Source;
using Savevm.Repository;
using Savevm.Wire;

namespace Savevm;

/// <summary>
/// Translates exceptions into failures a person can read and exit codes a script can trust. One table, first match wins; what is not in it is
/// our own fault and says so with exit code 1.
/// </summary>
public static class Failure
{
    private static readonly Row[] Rows =
    [
        new(typeof(OperationCanceledException), ExitCode.Cancelled, Why: "cancelled"),
        new(typeof(SnapshotNotFoundException), ExitCode.NotFound, Hint: "savevm list shows the snapshots"),
        new(typeof(SnapshotExistsException), ExitCode.Failed, Hint: "choose another name, or remove that one with savevm rm"),
        new(typeof(RepositoryNotFoundException), ExitCode.RepositoryMissing, Hint: "savevm capture makes one; --repository names another"),
        new(typeof(UnsupportedFormatException), ExitCode.Incompatible, Hint: "a newer savevm can read it"),
        new(typeof(DamagedStateException), ExitCode.Damaged, Hint: "savevm check --read-data lists every defect"),
        new(typeof(WireException), ExitCode.Damaged),
        new(typeof(MachineRefusedException), ExitCode.Incompatible),
        new(typeof(PostcopyUnavailableException), ExitCode.Incompatible),
        new(typeof(SourceUnavailableException), ExitCode.Incompatible),
        new(typeof(CommandLineRefusedException), ExitCode.Incompatible),
        new(typeof(SettingUsageException), ExitCode.WrongUsage),
        new(typeof(SettingRefusedException), ExitCode.Incompatible),
        new(typeof(QemuException), ExitCode.PeerFailed),
        new(typeof(PeerLostException), ExitCode.PeerFailed),
        new(typeof(PeerRefusedException), ExitCode.PeerFailed),
        new(typeof(FileNotFoundException), ExitCode.NotFound),
        new(typeof(DirectoryNotFoundException), ExitCode.NotFound),
        new(typeof(SocketException), ExitCode.PeerFailed),
        new(typeof(LinuxException), ExitCode.NotFound) { ErrorNumber = Errno.ENOENT },
        new(typeof(LinuxException), ExitCode.PeerFailed) { ErrorNumber = Errno.ECONNREFUSED },
        new(typeof(LinuxException), ExitCode.PeerFailed) { ErrorNumber = Errno.ECONNRESET },
        new(typeof(LinuxException), ExitCode.PeerFailed) { ErrorNumber = Errno.EPIPE },
        new(typeof(UnauthorizedAccessException), ExitCode.Failed),
        new(typeof(IOException), ExitCode.Failed),
        // The name of a snapshot, too many tags: said in the words of whoever refused it. What derives from it is our own mistake.
        new(typeof(ArgumentException), ExitCode.WrongUsage) { IsExact = true },
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
            if (row.Fits(exception))
            {
                return new SavevmException(row.Code, what, row.Why ?? exception.Message, (exception as QemuException)?.Hint ?? row.Hint, exception);
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
    private sealed record Row(Type Type, ExitCode Code, string? Why = null, string? Hint = null)
    {
        /// <summary>What derives from the type is not meant.</summary>
        public bool IsExact { get; init; }

        /// <summary>Only this error of the kernel is meant.</summary>
        public int? ErrorNumber { get; init; }

        /// <summary>The exception is of this row.</summary>
        public bool Fits(Exception exception) =>
            (IsExact ? exception.GetType() == Type : Type.IsInstanceOfType(exception))
            && (ErrorNumber is null || (exception as LinuxException)?.ErrorNumber == ErrorNumber);
    }
}
