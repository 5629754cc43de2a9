using System.Text;
using Savevm.Cli.Output;
using Savevm.Inspections;
using Savevm.Relays;

namespace Savevm.Cli.Tests;

/// <summary>Runs command lines as the program does, on streams that remember what was printed.</summary>
internal sealed class TestScreen
{
    private readonly StringBuilder _out = new();
    private readonly StringBuilder _error = new();

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Dictionary<string, string> Environment { get; } = new() { ["HOME"] = "/home/user" };

    public ScriptedOperations Scripted { get; } = new();

    public Task<ExitCode> RunAsync(params string[] words) => RunAsync(words, isInterrupted: false);

    public Task<ExitCode> RunAsync(string[] words, bool isInterrupted) =>
        CommandLineProgram.RunAsync(
            words,
            new Terminal { Out = TextWriter.Synchronized(new StringWriter(_out)), Error = TextWriter.Synchronized(new StringWriter(_error)), OpenInput = () => TextReader.Null },
            new Operations { Capture = () => Scripted, Resume = () => Scripted, Remove = () => Scripted, Snapshots = () => Scripted, States = () => new StateOperations(), Relays = () => new RelayOperations() },
            name => Environment.GetValueOrDefault(name),
            new CancellationToken(isInterrupted));
}
