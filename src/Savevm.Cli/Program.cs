using Savevm;
using Savevm.Cli;
using Savevm.Cli.Output;

// The one place where operations and streams are put together.
Terminal terminal = Terminal.OfProcess(Environment.GetEnvironmentVariable);
var operations = new Operations
{
    Capture = static () => throw new SavevmException(ExitCode.Failed, "capture", "not wired"),
    Snapshots = static () => new SnapshotOperations(),
    Resume = static () => throw new SavevmException(ExitCode.Failed, "resume", "not wired"),
};
using var signals = new InterruptSignals(terminal.Error);
return (int)await CommandLineProgram.RunAsync(args, terminal, operations, Environment.GetEnvironmentVariable, signals.Token).ConfigureAwait(false);
