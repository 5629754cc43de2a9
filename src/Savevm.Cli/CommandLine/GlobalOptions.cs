namespace Savevm.Cli.CommandLine;

/// <summary>The options of every command.</summary>
public static class GlobalOptions
{
    /// <summary>Where the snapshots are.</summary>
    public static OptionDefinition Repository { get; } = new(
        "--repository",
        "the folder with the snapshots; $SAVEVM_REPOSITORY says it too; otherwise savevm below $XDG_DATA_HOME or ~/.local/share",
        ValueKind.Folder,
        "FOLDER");

    /// <summary>Results for programs.</summary>
    public static OptionDefinition Json { get; } = new("--json", "print results as JSON, one document or one per line");

    /// <summary>No progress.</summary>
    public static OptionDefinition Quiet { get; } = new("--quiet", "no progress") { Alias = "-q" };

    /// <summary>Stack traces.</summary>
    public static OptionDefinition Debug { get; } = new("--debug", "tell where in the program an error comes from");

    /// <summary>Help.</summary>
    public static OptionDefinition Help { get; } = new("--help", "print this") { Alias = "-h" };

    /// <summary>The version.</summary>
    public static OptionDefinition Version { get; } = new("--version", "print the version");

    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<OptionDefinition> All { get; } = [Repository, Json, Quiet, Debug, Help, Version];
}
