using System.Text.Json.Nodes;
using Savevm.Qemu;
using Savevm.Qemu.CommandLine.Correction;

namespace Savevm.Recorded;

/// <summary>What a snapshot's manifest says about the process that was captured; the fields of <c>source</c> in docs/snapshot-format.md.</summary>
internal sealed record RecordedSource
{
    /// <summary>QEMU's version, such as <c>10.0.2</c>.</summary>
    public string? Version { get; init; }

    /// <summary>The program.</summary>
    public string? Executable { get; init; }

    /// <summary>Size and time of last change of the program, so that another build at the same path is noticed.</summary>
    public string? ExecutableStamp { get; init; }

    /// <summary>The program's contents in one number; null when they could not be read.</summary>
    public string? ExecutableDigest { get; init; }

    /// <summary>
    /// The command line of the machine as it was when it was captured, the program's own word first; empty when it could not be read.
    /// </summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The command line as it was started, where that is another one; empty otherwise.</summary>
    public IReadOnlyList<string> StartedArguments { get; init; } = [];

    /// <summary>How the two differ, one sentence each.</summary>
    public IReadOnlyList<string> Corrections { get; init; } = [];

    /// <summary>The folder it ran in.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>What of its environment a second QEMU needs.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The socket of its monitor through which it was captured; complete. Null when it is not known.</summary>
    public string? Monitor { get; init; }

    /// <summary>It can map an image that nobody may write.</summary>
    public bool CanMapReadOnlyImages { get; init; }

    /// <summary>It takes requested pages on a connection of their own.</summary>
    public bool HasPreempt { get; init; }

    /// <summary>A process that never was: the command line is what somebody says will bring the state back.</summary>
    public static RecordedSource Given(IReadOnlyList<string> commandLine) => commandLine.Count == 0 ? new RecordedSource() : new RecordedSource
    {
        Executable = commandLine[0].Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(commandLine[0]) : commandLine[0],
        Arguments = commandLine,
        WorkingDirectory = System.Environment.CurrentDirectory,
    };

    public static RecordedSource From(QemuFacts facts, CorrectedCommandLine commandLine, string monitor, string? executableDigest) => new()
    {
        Monitor = Path.GetFullPath(monitor),
        Version = facts.Version,
        Executable = facts.Process?.Executable,
        ExecutableStamp = facts.Process?.Executable is { } path ? StampOf(path) : null,
        ExecutableDigest = executableDigest,
        Arguments = commandLine.Arguments,
        StartedArguments = commandLine.IsCorrected ? commandLine.AsStarted : [],
        Corrections = commandLine.Corrections,
        WorkingDirectory = facts.Process?.WorkingDirectory,
        Environment = facts.Process?.Environment ?? new Dictionary<string, string>(),
        CanMapReadOnlyImages = facts.CanMapReadOnlyImages,
        HasPreempt = facts.Capabilities.ContainsKey("postcopy-preempt"),
    };

    public static RecordedSource Parse(JsonObject json) => new()
    {
        Version = RecordedJson.Text(json, "qemu_version"),
        Executable = RecordedJson.Text(json, "executable"),
        ExecutableStamp = RecordedJson.Text(json, "executable_stamp"),
        ExecutableDigest = RecordedJson.Text(json, "executable_digest"),
        Arguments = RecordedJson.Texts(json, "argv"),
        StartedArguments = RecordedJson.Texts(json, "argv_started"),
        Corrections = RecordedJson.Texts(json, "corrections"),
        WorkingDirectory = RecordedJson.Text(json, "cwd"),
        Environment = RecordedJson.TextMap(json, "env"),
        Monitor = RecordedJson.Text(json, "monitor"),
        CanMapReadOnlyImages = RecordedJson.Flag(json, "maps_read_only_images"),
        HasPreempt = RecordedJson.Flag(json, "postcopy_preempt"),
    };

    public JsonObject ToJson()
    {
        var json = ToPlainJson();
        if (StartedArguments.Count > 0)
        {
            json["argv_started"] = RecordedJson.Array(StartedArguments);
            json["corrections"] = RecordedJson.Array(Corrections);
        }
        return json;
    }

    private JsonObject ToPlainJson() => new()
    {
        ["qemu_version"] = Version,
        ["executable"] = Executable,
        ["executable_stamp"] = ExecutableStamp,
        ["executable_digest"] = ExecutableDigest,
        ["argv"] = RecordedJson.Array(Arguments),
        ["cwd"] = WorkingDirectory,
        ["env"] = RecordedJson.Map(Environment),
        ["monitor"] = Monitor,
        ["maps_read_only_images"] = CanMapReadOnlyImages,
        ["postcopy_preempt"] = HasPreempt,
    };

    /// <summary>Whether the program at a path is the one that was captured: untouched, or of the same contents.</summary>
    public bool IsProgram(string path)
    {
        var stamp = StampOf(path);
        if (stamp is null || ExecutableStamp is null || stamp == ExecutableStamp) return stamp is not null && stamp == ExecutableStamp;
        // Only a file of the same size is worth reading.
        return stamp.Split('-')[0] == ExecutableStamp.Split('-')[0] && ExecutableDigest is { } digest && ProgramDigest.Of(path) == digest;
    }

    /// <summary>Size and time of last change of a program; null when it is not there.</summary>
    public static string? StampOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? FormattableString.Invariant($"{file.Length}-{file.LastWriteTimeUtc.Ticks}") : null;
    }
}
