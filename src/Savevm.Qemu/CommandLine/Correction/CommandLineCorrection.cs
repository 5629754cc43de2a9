namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// Makes, from the command line that a QEMU was started with and from what it says of itself now, the command line that describes the
/// machine as it is now: what was plugged in later is on it, what was unplugged is not.
/// </summary>
public static class CommandLineCorrection
{
    // In this order: a part relies on what those before it did.
    private static readonly Action<CorrectionState>[] Parts =
    [
        ObjectCorrection.Apply,
        CharacterDeviceCorrection.Apply,
        NetworkCorrection.Apply,
        DeviceCorrection.Apply,
    ];

    /// <summary>Corrects. Starts, asks and changes nothing.</summary>
    /// <param name="facts">What the QEMU said, its process included.</param>
    public static CorrectedCommandLine Correct(QemuFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        if (StartedCommandLine.Read(facts.Process) is not { } started)
        {
            return new CorrectedCommandLine([], [], [], []);
        }

        var state = new CorrectionState(started, facts);
        try
        {
            foreach (var part in facts.Parts.IsComplete ? Parts : [])
            {
                part(state);
            }
        }
        catch (CommandLineRefusedException notUnderstood)
        {
            // QEMU reads more than we do. What was started is still better than half a correction.
            return new CorrectedCommandLine(
                started.Words, started.Words, [], [.. started.Notes, $"the command line is recorded as it was started and may not be that of the machine as it is now: {notUnderstood.Message}"]);
        }

        // Another spelling alone is no correction.
        string[] words = state.Corrections.Count == 0 ? [.. started.Words] : [started.Program, .. state.Options.SelectMany(option => option.ToArguments())];
        NoteObstacles(words, state);
        return new CorrectedCommandLine(words, started.Words, state.Corrections, state.Notes);
    }

    /// <summary>Fits a corrected command line to the state that was captured, once that is known.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="sections">The names and instance ids of the device sections.</param>
    public static CorrectedCommandLine Fit(CorrectedCommandLine commandLine, IEnumerable<(string IdStr, uint InstanceId)> sections)
    {
        ArgumentNullException.ThrowIfNull(commandLine);
        if (commandLine.Arguments.Count == 0)
        {
            return commandLine;
        }

        var numbers = sections.Where(section => section.IdStr == BackendNumbers.SectionName).Select(section => section.InstanceId);
        var words = BackendNumbers.Align(commandLine.Arguments, numbers);
        return ReferenceEquals(words, commandLine.Arguments) ? commandLine : commandLine with
        {
            Arguments = words,
            Corrections = [.. commandLine.Corrections, "idle network backends stand in for those that were removed, so that the state of the others fits"],
        };
    }

    // What a resume would refuse is said while the guest that was captured is still there.
    private static void NoteObstacles(string[] words, CorrectionState state)
    {
        try
        {
            CommandLineRebuild.Rebuild(new RebuildRequest
            {
                RecordedArguments = words,
                RecordedWorkingDirectory = state.Facts.Process?.WorkingDirectory ?? "/",
                RunDirectory = "/run/user",
                MonitorDescriptor = QemuProcess.MonitorDescriptor,
            });
        }
        catch (CommandLineRefusedException refused)
        {
            foreach (string reason in refused.Reasons.Count > 0 ? refused.Reasons : [refused.Message])
            {
                state.Note($"a resume will need your own command line after --: {reason}");
            }
        }
    }
}
