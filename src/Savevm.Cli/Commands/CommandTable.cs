using Savevm.Cli.CommandLine;
using Savevm.Cli.Detached;

namespace Savevm.Cli.Commands;

/// <summary>All commands, in the order of the help. Parser, help and completion are made from this.</summary>
public static class CommandTable
{
    /// <summary>The example at the end of the program's help.</summary>
    public const string Example =
        """
        $ savevm capture web --qmp /run/web.qmp     # a running QEMU; it goes on running
        $ savevm resume web                         # the guest is back at once
        $ savevm resume web --clones 5              # five of them, sharing memory
        """;

    /// <summary>The commands.</summary>
    public static IReadOnlyList<CommandDefinition> All { get; } =
    [
        CaptureCommand.Definition,
        ResumeCommand.Definition,
        ListCommand.Definition,
        ShowCommand.Definition,
        RenameCommand.Definition,
        TagCommand.Definition,
        RemoveCommand.Definition,
        CheckCommand.Definition,
        InspectCommand.Definition,
        VerifyCommand.Definition,
        DiffCommand.Definition,
        ImportCommand.Definition,
        ExportCommand.Definition,
        RelayCommand.Definition,
        ReplayCommand.Definition,
        DoctorCommand.Definition,
        DemoCommand.Definition,
        CompletionCommand.Definition,
        ServeResumeCommand.Definition,
        KeepMonitorCommand.Definition,
    ];
}
