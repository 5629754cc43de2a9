namespace Savevm.Cli.CommandLine;

/// <summary>What stands behind an option, or in the place of an argument. Decides how completion helps.</summary>
public enum ValueKind
{
    /// <summary>Nothing: the option is a switch.</summary>
    None,

    /// <summary>Any text.</summary>
    Text,

    /// <summary>One of the option's choices.</summary>
    Choice,

    /// <summary>The path of a file or a socket.</summary>
    File,

    /// <summary>The path of a folder.</summary>
    Folder,

    /// <summary>The name of a snapshot in the repository.</summary>
    Snapshot,

    /// <summary>A whole number, at least 1.</summary>
    Count,

    /// <summary>Bytes per second, such as <c>10MiB/s</c>.</summary>
    Rate,

    /// <summary>A number of bytes, such as <c>256MiB</c>.</summary>
    Size,

    /// <summary>A time, such as <c>300ms</c>.</summary>
    Time,
}
