using Savevm.Linux.Userfaultfd;

namespace Savevm.Resumes;

/// <summary>Decides what <c>--mode auto</c> means here, and refuses what the host cannot do with the remedy in the message.</summary>
internal static class ModeChoice
{
    public static ResumeMode Choose(ResumeRequest request, IOperationObserver observer)
    {
        var startsQemu = request.QmpSocket is null && request.ConnectUri is null;
        if (request.Mode == ResumeMode.Clone && !startsQemu)
        {
            throw new SavevmException(
                ExitCode.WrongUsage, $"resume of {request.Name}", "clone maps the RAM image when QEMU starts, and this QEMU is started already",
                "use --mode lazy or full");
        }
        if (request.Mode is ResumeMode.Clone or ResumeMode.Full) return request.Mode;
        if (request.Mode == ResumeMode.Auto && startsQemu && request.Clones > 1) return ResumeMode.Clone;
        // Whoever started the QEMU at that address must have switched postcopy on beforehand; we cannot know.
        if (request.Mode == ResumeMode.Auto && request.ConnectUri is not null) return ResumeMode.Full;
        // A QEMU of another user may be allowed what we are not: it is asked when it is prepared.
        if (!startsQemu) return ResumeMode.Lazy;
        var answer = UserfaultfdProbe.Run();
        if (answer.SystemCall || answer.Device) return ResumeMode.Lazy;
        var reason = $"lazy needs page faults of the whole process (userfaultfd): {answer.Reason}";
        if (request.Mode == ResumeMode.Lazy)
            throw new SavevmException(ExitCode.Incompatible, $"resume of {request.Name}", reason, $"{answer.Remedy}; --mode clone needs none of it");
        observer.Note($"taking --mode clone: {reason}; {answer.Remedy}");
        return ResumeMode.Clone;
    }
}
