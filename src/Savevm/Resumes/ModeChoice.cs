using Savevm.Linux.Userfaultfd;

namespace Savevm.Resumes;

/// <summary>Decides what <c>--mode auto</c> means here, and refuses what the host cannot do with the remedy in the message.</summary>
internal static class ModeChoice
{
    /// <summary>Chooses.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="cloneObstacle">Why the RAM images cannot be mapped; null where they can. Asked for only when it matters.</param>
    public static ChosenMode Choose(ResumeRequest request, Func<string?> cloneObstacle)
    {
        var startsQemu = request.QmpSocket is null && request.ConnectUri is null;
        if (request.Mode == ResumeMode.Clone && !startsQemu)
        {
            throw new SavevmException(
                ExitCode.WrongUsage, $"resume of {request.Name}", "clone maps the RAM image when QEMU starts, and this QEMU is started already",
                "use --mode lazy or full");
        }
        if (request.Mode == ResumeMode.Full) return new ChosenMode(ResumeMode.Full);
        if (request.Mode == ResumeMode.Clone)
        {
            if (cloneObstacle() is not { } obstacle) return new ChosenMode(ResumeMode.Clone);
            throw new SavevmException(ExitCode.Incompatible, $"resume of {request.Name}", $"its memory cannot be mapped from its image: {obstacle}", "use --mode lazy or full");
        }
        // Whoever started the QEMU at that address must have switched postcopy on beforehand; we cannot know.
        if (request.Mode == ResumeMode.Auto && request.ConnectUri is not null)
            return new ChosenMode(ResumeMode.Full, "whether that QEMU takes its memory on demand cannot be known");
        // A QEMU of another user may be allowed what we are not: it is asked when it is prepared.
        if (!startsQemu) return new ChosenMode(ResumeMode.Lazy, request.Mode == ResumeMode.Auto ? "that QEMU is started already" : null);
        return request.Mode == ResumeMode.Lazy ? Lazy(request) : Auto(request, cloneObstacle);
    }

    /// <summary>What takes the place of lazy where QEMU, asked, refuses it.</summary>
    public static ChosenMode Otherwise(string refusal, Func<string?> cloneObstacle) => cloneObstacle() is { } obstacle
        ? new ChosenMode(ResumeMode.Full, $"{refusal}; nor clone: {obstacle}")
        : new ChosenMode(ResumeMode.Clone, refusal);

    private static ChosenMode Lazy(ResumeRequest request)
    {
        var answer = UserfaultfdProbe.Run();
        if (answer.SystemCall || answer.Device) return new ChosenMode(ResumeMode.Lazy);
        throw new SavevmException(
            ExitCode.Incompatible, $"resume of {request.Name}", WhyNotLazy(answer), $"{answer.Remedy}; --mode clone needs none of it");
    }

    private static ChosenMode Auto(ResumeRequest request, Func<string?> cloneObstacle)
    {
        if (request.Clones > 1 && cloneObstacle() is null)
            return new ChosenMode(ResumeMode.Clone, $"the {request.Clones} guests share the memory that they do not write to");
        var answer = UserfaultfdProbe.Run();
        if (answer.SystemCall || answer.Device)
        {
            return new ChosenMode(
                ResumeMode.Lazy, request.Clones > 1 ? $"not clone: {cloneObstacle()}" : "the guest runs at once, and its memory comes on demand");
        }
        return Otherwise($"{WhyNotLazy(answer)}; {answer.Remedy}", cloneObstacle);
    }

    private static string WhyNotLazy(UserfaultfdAnswer answer) => $"lazy needs page faults of the whole process (userfaultfd): {answer.Reason}";
}
