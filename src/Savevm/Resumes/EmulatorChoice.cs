using Savevm.Linux.KernelFeatures;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine;
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
        var isSameProgram = isRecorded && RecordedSource.StampOf(executable) == source.ExecutableStamp;
        var facts = isSameProgram ? null : await EmulatorProbe.AskAsync(executable, null, cancellationToken).ConfigureAwait(false);
        return new EmulatorChoice
        {
            Executable = executable,
            Arguments = givenOptions.Count > 0 ? [executable, .. givenOptions] : source.Arguments,
            IsUsersOwn = givenOptions.Count > 0,
            WorkingDirectory = givenOptions.Count > 0 ? System.Environment.CurrentDirectory : Existing(source.WorkingDirectory),
            Environment = isRecorded ? source.Environment : new Dictionary<string, string>(),
            HasPreempt = isSameProgram && source.HasPreempt,
            CanMapReadOnlyImages = facts?.CanMapReadOnlyImages ?? source.CanMapReadOnlyImages,
            Facts = facts,
        };
    }

    private static string Existing(string? folder) => folder is not null && Directory.Exists(folder) ? folder : "/";

    /// <summary>Refuses what cannot work, before anything is started.</summary>
    public void Check(string name, RecordedMachine machine)
    {
        if (Facts is { } facts && machine.Type is { } needed && facts.Machine(needed) is null)
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {name}", $"{Executable}, QEMU {facts.Version}, has no machine {needed}",
                "name a QEMU that has it in SAVEVM_QEMU, or after --");
        }
        var line = QemuCommandLine.Parse(Arguments);
        if (machine.Accelerator == "kvm" && HostKernel.Probe() is { Kvm: false } host)
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {name}", $"the state was saved under kvm, which is not to be had here: {host.KvmReason}",
                "load the KVM module or join the group that owns /dev/kvm; state saved under kvm does not load under tcg");
        }
        if (!IsUsersOwn) return;
        // The recorded command line is made to fit; the user's own is taken as it is, so it must.
        var accelerator = line.Accelerators.Count > 0 ? line.Accelerators[0] : "tcg";
        if (machine.Accelerator is { } captured && captured != accelerator && !line.Accelerators.Contains(captured))
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {name}", $"the state was saved under {captured} and does not load under {accelerator}",
                $"add -accel {captured} to the command line");
        }
        // An alias, or no machine at all, is what the emulator says it is.
        var given = Facts?.Machine(line.MachineType)?.Name ?? line.MachineType;
        if (machine.Type is { } type && given is not null && given != type && IsVersioned(given))
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {name}", $"the state is of a machine {type}, the command line makes a {given}", $"use -machine {type}");
        }
        if (machine.MemoryBytes is { } bytes && line.MemoryBytes is { } memory && memory != bytes)
        {
            throw new SavevmException(
                ExitCode.Incompatible, $"resume of {name}", $"the machine was saved with {bytes >> 20} MiB of RAM, the command line makes one with {memory >> 20} MiB",
                $"use -m {bytes >> 20}M");
        }
    }

    // "pc" and "q35" are aliases; only QEMU knows of which version, and it refuses a wrong one itself.
    private static bool IsVersioned(string machineType) => machineType.Any(char.IsAsciiDigit) && machineType.Contains('-', StringComparison.Ordinal);
}
