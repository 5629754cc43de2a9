using Savevm.Qemu;
using Savevm.Qemu.Source;

namespace Savevm.Captures;

/// <summary>What makes a capture impossible from the start, with the device and the way out: before a byte has moved.</summary>
internal static class CaptureObstacle
{
    /// <summary>QEMU said beforehand that it cannot give its state away.</summary>
    /// <exception cref="SavevmException">It did.</exception>
    public static void Refuse(string name, QemuFacts facts)
    {
        if (facts.MigrationBlockers.Count == 0) return;
        var blockers = facts.MigrationBlockers.Select(reason => MigrationBlocker.Explain(reason, facts.Parts)).ToList();
        throw new SavevmException(
            ExitCode.Incompatible, $"capture of {name}", $"QEMU cannot give its state away: {string.Join("; ", blockers.Select(Text))}",
            string.Join("; ", blockers.Select(blocker => blocker.Hint).Distinct()));
    }

    /// <summary>The same of a QEMU that said so when it was told to migrate; null where that was not the reason.</summary>
    public static SavevmException? Explain(string name, Exception failure, QemuFacts facts)
    {
        if (failure is not SourceUnavailableException || !failure.Message.Contains("blocked by", StringComparison.Ordinal)) return null;
        var blocker = MigrationBlocker.Explain(failure.InnerException?.Message ?? failure.Message, facts.Parts);
        return new SavevmException(ExitCode.Incompatible, $"capture of {name}", $"QEMU cannot give its state away: {Text(blocker)}", blocker.Hint, failure);
    }

    private static string Text(MigrationBlocker blocker) => blocker.Device is { } device ? $"{blocker.Reason} (the device {device})" : blocker.Reason;
}
