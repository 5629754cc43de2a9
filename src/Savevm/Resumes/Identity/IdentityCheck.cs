using Savevm.Qemu.CommandLine;
using Savevm.Recorded;

namespace Savevm.Resumes.Identity;

/// <summary>
/// Holds the machine that was captured against the emulator and the command line that are about to be used, and refuses what cannot work.
/// It starts nothing and takes no millisecond: what an emulator can do is remembered. Every refusal names the thing and the option to pass.
/// </summary>
internal sealed class IdentityCheck
{
    private readonly string name;

    /// <param name="name">The snapshot.</param>
    /// <param name="machine">The machine as it was captured.</param>
    /// <param name="recorded">Its command line; empty when it is not known.</param>
    /// <param name="emulator">What is about to be started.</param>
    public IdentityCheck(string name, RecordedMachine machine, IReadOnlyList<string> recorded, EmulatorChoice emulator)
    {
        this.name = name;
        Machine = machine;
        Recorded = recorded;
        Emulator = emulator;
        Line = QemuCommandLine.Parse(emulator.Arguments);
    }

    /// <summary>The machine as it was captured.</summary>
    public RecordedMachine Machine { get; }

    /// <summary>Its command line; empty when it is not known.</summary>
    public IReadOnlyList<string> Recorded { get; }

    /// <summary>What is about to be started.</summary>
    public EmulatorChoice Emulator { get; }

    /// <summary>What it is started with.</summary>
    public QemuCommandLine Line { get; }

    /// <summary>Checks everything.</summary>
    /// <exception cref="SavevmException">It cannot work.</exception>
    public void Run(IOperationObserver observer)
    {
        // The machine type and the accelerator explain most of what else would differ, so they come first.
        MachineIdentity.Check(this);
        if (Emulator.Facts is { } facts) EmulatorIdentity.Check(this, facts);
        if (!Emulator.IsUsersOwn) return;
        DeviceIdentity.Check(this);
        MachineIdentity.Remark(this, observer);
    }

    /// <summary>The refusal.</summary>
    /// <param name="why">The thing and what is wrong with it.</param>
    /// <param name="hint">The option to pass.</param>
    public SavevmException Refuse(string why, string hint) => new(ExitCode.Incompatible, $"resume of {name}", why, hint);

    /// <summary>The options of the emulator's command line of a name, taken apart.</summary>
    public IEnumerable<OptionValue> Options(string option, string implied) => Line.All(option).Select(found => OptionValue.Parse(found.Text, implied));
}
