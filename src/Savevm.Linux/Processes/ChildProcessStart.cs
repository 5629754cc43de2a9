namespace Savevm.Linux.Processes;

/// <summary>What to start and how. Descriptors that are not named here are not inherited, as long as they are close-on-exec, which ours are.</summary>
public sealed record ChildProcessStart
{
    /// <summary>The executable: a path, or a name that is searched in our PATH.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments after <c>argv[0]</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary><c>argv[0]</c>; <see cref="Program"/> when null.</summary>
    public string? ProgramArgument { get; init; }

    /// <summary>The whole environment of the child; ours when null.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The folder the child starts in; ours when null.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// The child leads a session of its own: keys such as Ctrl-C on our terminal do not reach it, and it does not end with the terminal.
    /// </summary>
    public bool NewSession { get; init; } = true;

    /// <summary>
    /// The child, and whatever it starts, cannot punch holes into files: it is told that the file system cannot do it. A child of an
    /// ordinary user then gains no privilege from set-user-id programs either.
    /// </summary>
    public bool ForbidHoles { get; init; }

    /// <summary>Descriptors to hand over, also as 0, 1 and 2; each number at most once.</summary>
    public IReadOnlyList<ChildDescriptor> Descriptors { get; init; } = [];

    /// <summary>Where the child reads from when <see cref="Descriptors"/> names no 0; null: where we do.</summary>
    public string? InputFile { get; init; } = "/dev/null";

    /// <summary>A file that the child's output (1) is appended to when <see cref="Descriptors"/> does not name it; null: where ours goes.</summary>
    public string? OutputFile { get; init; }

    /// <summary>The same for the child's errors (2); may be the same file.</summary>
    public string? ErrorFile { get; init; }
}
