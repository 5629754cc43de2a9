using System.Text.Json.Nodes;
using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks.Subjects;

/// <summary>The executable that is measured, as a black box with a repository.</summary>
internal sealed class SavevmProgram(BenchmarkRun run, string repository)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, string> _environment = new()
    {
        ["SAVEVM_REPOSITORY"] = repository,
        ["XDG_RUNTIME_DIR"] = run.Workspace.RunFolder,
    };

    /// <summary>Starts a capture.</summary>
    public ChildProcess StartCapture(string name, string monitor, string mode, string after, string? preload = null) =>
        Start(preload, "capture", name, "--qmp", monitor, "--mode", mode, "--after", after, "--json", "--quiet");

    /// <summary>Captures, waits for the end and returns the report.</summary>
    public JsonNode Capture(string name, string monitor, string mode, string after)
    {
        using ChildProcess process = StartCapture(name, monitor, mode, after);
        return Report(process);
    }

    /// <summary>The report of a capture once it has ended well.</summary>
    public static JsonNode Report(ChildProcess capture)
    {
        capture.Wait(Patience, mustSucceed: true);
        return (capture.Output!.Lines is [.., { } last] ? JsonNode.Parse(last.Text) : null)
            ?? throw new InvalidOperationException($"savevm capture printed no report: {capture.LastWords()}");
    }

    /// <summary>Starts a resume with the recorded command line, as anybody would.</summary>
    /// <param name="name">The snapshot.</param>
    /// <param name="mode">How.</param>
    /// <param name="prefetch">What is sent unasked.</param>
    /// <param name="onInterrupt">What an interrupt does.</param>
    /// <param name="more">Words in addition.</param>
    public ChildProcess StartResume(string name, string mode, string prefetch, string onInterrupt = "kill", IEnumerable<string>? more = null) =>
        Start(null, ["resume", name, "--mode", mode, "--prefetch", prefetch, "--on-interrupt", onInterrupt, "--json", "--quiet", .. more ?? []]);

    /// <summary>Starts the recovery of a lazy resume whose page server is gone.</summary>
    public ChildProcess StartRecovery(string name) => Start(null, "resume", name, "--recover", "--prefetch", "none", "--on-interrupt", "kill", "--json", "--quiet");

    /// <summary>Waits for the message of a kind (<c>running</c>, <c>complete</c>) that a resume prints.</summary>
    public static (JsonNode Message, TimedLine Line) Message(ChildProcess resume, string type)
    {
        JsonNode? message = null;
        TimedLine? line = resume.Output!.Find(
            0,
            line => (message = JsonNode.Parse(line.Text)) is JsonObject && (string?)message["message_type"] == type ? line : null,
            Patience);
        if (line is null)
        {
            resume.Wait(Patience);
            throw new InvalidOperationException($"savevm resume ended with {resume.ExitCode} before it said {type}: {resume.LastWords()}");
        }

        return (message!, line);
    }

    private ChildProcess Start(string? preload, params string[] words)
    {
        var environment = new Dictionary<string, string>(_environment);
        if (preload is not null)
        {
            environment["LD_PRELOAD"] = preload;
        }

        return ChildProcess.Start(run.Options.Savevm, words, environment);
    }
}
