using Savevm.Machine;

namespace Savevm.Resumes.Recovery;

/// <summary>How it is said that a guest was left without all its RAM, and how it is had back.</summary>
internal static class Interruption
{
    /// <summary>The command that goes on, for hints.</summary>
    public static string CommandOf(ResumeRequest request) => request.RecoverCommand ?? $"savevm resume {request.Name} --recover";

    /// <summary>The failure of a resume whose guest runs and waits.</summary>
    /// <param name="cause">What ended it.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="pages">Pages that were not sent.</param>
    public static SavevmException Of(Exception cause, ResumeRequest request, long pages)
    {
        var (name, command) = (request.Name, CommandOf(request));
        var waiting = FormattableString.Invariant($"the guest is paused where it needs RAM that has not arrived ({pages} pages)");
        // What is damaged is so for the next one too: first it must be mended.
        if (cause is DamagedStateException or SavevmException { Code: ExitCode.Damaged })
            return new SavevmException(ExitCode.Damaged, $"resume of {name}", $"{cause.Message}; {waiting}", $"savevm check --read-data lists every defect; when the file is what it was, {command} goes on", cause);
        var why = cause is OperationCanceledException ? waiting : $"{cause.Message}; {waiting}";
        return new SavevmException(ExitCode.Recoverable, $"resume of {name}", why, command, cause);
    }
}
