using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.CommandLine.Correction;
using Savevm.Recorded;

namespace Savevm.Resumes;

/// <summary>Which emulator is started, with which words.</summary>
internal sealed record EmulatorChoice
{
    /// <summary>The program.</summary>
    public required string Executable { get; init; }

    /// <summary>The command line it is derived from, the program's own word first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The user gave the command line: nothing in it is made fresh.</summary>
    public required bool IsUsersOwn { get; init; }

    /// <summary>The folder to start in.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>What of the environment it needs.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>It can map an image that nobody may write.</summary>
    public required bool CanMapReadOnlyImages { get; init; }

    /// <summary>What it said of itself; null for the very program that was captured, which need not be asked.</summary>
    public EmulatorFacts? Facts { get; init; }

    /// <summary>What a person should know of the choice, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The machine that it makes may be another one than the captured: it is looked at before the state is sent.</summary>
    public bool MayDiffer => IsUsersOwn || Facts is not null;

    /// <summary>It takes requested pages on a connection of their own.</summary>
    public bool HasPreempt { get; init; }

    /// <summary>
    /// Chooses: the user's own words after <c>--</c>; else the recorded program, as long as it is there; else the one in
    /// <c>SAVEVM_QEMU</c>. A program that was not the captured one is asked what it can do.
    /// </summary>
    public static async Task<EmulatorChoice> ChooseAsync(ResumeRequest request, RecordedSource source, CancellationToken cancellationToken)
    {
        var given = request.QemuArguments is { Count: > 0 } words ? words : null;
        var givenProgram = given is not null && !given[0].StartsWith('-') ? given[0] : null;
        var givenOptions = given is null ? [] : given.Skip(givenProgram is null ? 0 : 1).ToList();
        if (givenOptions.Count == 0 && source.Arguments.Count == 0)
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {request.Name}", "no command line was recorded with this snapshot",
                "give the one that the guest was started with after --: savevm resume NAME -- qemu-system-x86_64 ...");
        }
        var isRecorded = givenProgram is null && source.Executable is { } recorded && RecordedSource.StampOf(recorded) is not null;
        var executable = givenProgram ?? (isRecorded ? source.Executable! : request.Emulator) ?? throw new SavevmException(
            ExitCode.NotFound, $"resume of {request.Name}", $"the emulator that it was captured from is not there: {source.Executable ?? "unknown"}",
            "name another one in SAVEVM_QEMU, or give a command line after --");
        var isSameProgram = isRecorded && source.IsProgram(executable);
        var isUsersOwn = givenOptions.Count > 0;
        var models = isUsersOwn ? [] : AddedDevices.Models(source.Arguments, source.StartedArguments);
        var facts = isSameProgram ? null : await EmulatorProbe.AskAsync(executable, models, null, cancellationToken).ConfigureAwait(false);
        var notes = new List<string>();
        return new EmulatorChoice
        {
            Executable = executable,
            Arguments = isUsersOwn ? [executable, .. givenOptions]
                : facts is null ? source.Arguments
                : AddedDevices.Fit(source.Arguments, source.StartedArguments, facts, notes),
            IsUsersOwn = isUsersOwn,
            Notes = notes,
            WorkingDirectory = isUsersOwn ? System.Environment.CurrentDirectory : FolderOf(source, request.Name),
            Environment = isRecorded ? source.Environment : new Dictionary<string, string>(),
            HasPreempt = isSameProgram && source.HasPreempt,
            CanMapReadOnlyImages = facts?.CanMapReadOnlyImages ?? source.CanMapReadOnlyImages,
            Facts = facts,
        };
    }

    // A process needs some folder; one that names no file relative to its own can have any.
    private static string FolderOf(RecordedSource source, string name)
    {
        if (source.WorkingDirectory is { } folder && Directory.Exists(folder)) return folder;
        if (RelativeFiles.In(source.Arguments) is { Count: > 0 } files)
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {name}",
                $"the folder that the guest was started in is gone ({source.WorkingDirectory ?? "unknown"}), and its command line names files there: {string.Join(", ", files)}",
                "bring the folder back with these files, or give a command line with full paths after --");
        }
        return "/";
    }
}
