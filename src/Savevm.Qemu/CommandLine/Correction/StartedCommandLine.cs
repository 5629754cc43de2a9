using Savevm.Qemu.Facts;

namespace Savevm.Qemu.CommandLine.Correction;

/// <summary>
/// The command line that a live QEMU was started with, its configuration files (<c>-readconfig</c>) written out as the options that they
/// stand for: only so can one of them be dropped, and the file may be another one by the time the guest is resumed.
/// </summary>
public sealed class StartedCommandLine
{
    private StartedCommandLine(
        string program, IReadOnlyList<string> words, IReadOnlyList<QemuOption> options, IReadOnlyList<string> expansions, IReadOnlyList<string> notes)
    {
        Program = program;
        Words = words;
        Options = options;
        Expansions = expansions;
        Notes = notes;
    }

    /// <summary>The word in front.</summary>
    public string Program { get; }

    /// <summary>The words as they were given, the program's own first, without secrets.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The options in order, those of configuration files among them.</summary>
    public IReadOnlyList<QemuOption> Options { get; }

    /// <summary>What was written out as options, one sentence each.</summary>
    public IReadOnlyList<string> Expansions { get; }

    /// <summary>What a user should know, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Takes apart what is known of a process; null where its command line cannot be read or is none.</summary>
    public static StartedCommandLine? Read(HostProcessFact? process)
    {
        if (process is not { Arguments.Count: > 0 })
        {
            return null;
        }

        try
        {
            List<string> expansions = [], notes = [];
            var words = SecretRemoval.Clean(process.Arguments, notes);
            var line = QemuCommandLine.Parse(words);
            QemuOption[] options = [.. line.Options.SelectMany(option => Expand(option, process.WorkingDirectory, expansions, notes))];
            return new StartedCommandLine(line.Program, words, options, expansions, notes);
        }
        catch (CommandLineRefusedException)
        {
            // Not a command line of a system emulator: there is nothing to correct in it.
            return null;
        }
    }

    /// <summary>All options of a name, in order.</summary>
    public IEnumerable<QemuOption> All(string name) => Options.Where(option => option.Name == name);

    /// <summary>The ids that options of a name give.</summary>
    /// <param name="name">The option.</param>
    /// <param name="implied">The property that may stand first without its name.</param>
    public HashSet<string> Ids(string name, string implied) =>
        [.. All(name).Select(option => OptionValue.Parse(option.Text, implied).Text("id")).OfType<string>()];

    private static IEnumerable<QemuOption> Expand(QemuOption option, string? folder, List<string> expansions, List<string> notes)
    {
        if (option.Name != "readconfig")
        {
            return [option];
        }

        string path = Path.Combine(folder ?? "/", option.Text);
        try
        {
            var options = ConfigurationFile.Parse(ConfigurationFile.ReadText(path));
            expansions.Add($"the configuration file {option.Text} was written out as options");
            return options;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            notes.Add($"the configuration file {option.Text} could not be read and stays on the recorded command line as it is: {unreadable.Message}");
            return [option];
        }
    }
}
