using Savevm;
using Savevm.Captures;
using Savevm.Cli;
using Savevm.Cli.Output;
using Savevm.Inspections;
using Savevm.Relays;
using Savevm.Removals;
using Savevm.Resumes;

// The one place where operations and streams are put together.
Terminal terminal = Terminal.OfProcess(Environment.GetEnvironmentVariable);
var operations = new Operations
{
    Capture = static () => new CaptureOperation(),
    Remove = static () => new RemoveOperation(),
    Snapshots = static () => new SnapshotOperations(),
    States = static () => new StateOperations(),
    Resume = static () => new ResumeOperation(),
    Relays = static () => new RelayOperations(),
};
using var signals = new InterruptSignals(terminal.Error);
return (int)await CommandLineProgram.RunAsync(args, terminal, operations, Environment.GetEnvironmentVariable, signals.Token).ConfigureAwait(false);
