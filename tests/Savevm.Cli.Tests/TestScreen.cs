using Savevm.Cli.Output;

namespace Savevm.Cli.Tests;

/// <summary>Runs command lines as the program does, on streams that remember what was printed.</summary>
internal sealed class TestScreen
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Dictionary<string, string> Environment { get; } = new() { ["HOME"] = "/home/user" };

    public ScriptedOperations Scripted { get; } = new();

    public Task<ExitCode> RunAsync(params string[] words) => RunAsync(words, CancellationToken.None);

    public Task<ExitCode> RunAsync(string[] words, CancellationToken interrupt) =>
        CommandLineProgram.RunAsync(
            words,
            new Terminal { Out = TextWriter.Synchronized(_out), Error = TextWriter.Synchronized(_error), OpenInput = () => TextReader.Null },
            new Operations { Capture = () => Scripted, Resume = () => Scripted, Snapshots = () => Scripted },
            name => Environment.GetValueOrDefault(name),
            interrupt);
}
