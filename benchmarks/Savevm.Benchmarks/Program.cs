using System.Runtime.InteropServices;
using Savevm.Benchmarks;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;
using Savevm.Benchmarks.Reporting;
using Savevm.Hosting;

if (MemoryPager.ServeIfAsked())
{
    return 0;
}

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(BenchmarkOptions.Usage);
    return 0;
}

BenchmarkOptions options;
try
{
    options = BenchmarkOptions.Parse(args);
}
catch (FormatException exception)
{
    Console.Error.WriteLine($"bench: {exception.Message}\n\n{BenchmarkOptions.Usage}");
    return 2;
}

Offspring.Adopt();
using var workspace = new Workspace(options.DataFolder);
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);

try
{
    IReadOnlyList<QemuInstallation> qemus =
        [.. QemuInstallation.Find().Where(qemu => options.Qemu is null || qemu.Name == options.Qemu)];
    if (qemus.Count == 0)
    {
        throw new InvalidOperationException($"no QEMU is called {options.Qemu}");
    }

    MachineDescription machine = MachineDescription.Take(qemus, options);
    if (!options.IsJson)
    {
        Console.Write(machine);
    }

    var run = new BenchmarkRun(options, qemus, workspace, text => Console.Error.WriteLine($"bench: {text}"));
    var findings = new Findings();
    foreach (var (name, title, start) in BenchmarkTable.Rows.Where(row => options.Names.Count == 0 || options.Names.Contains(row.Name)))
    {
        var benchmark = new BenchmarkFindings(name, title);
        findings.Benchmarks.Add(benchmark);
        try
        {
            start(run, benchmark);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            benchmark.Failure = exception.Message;
        }

        if (!options.IsJson)
        {
            Console.Write(TextReport.Of(benchmark));
        }
    }

    Console.Write(options.IsJson ? JsonReport.Of(machine, findings) + "\n" : TextReport.Targets(findings));
    return findings.HasFailures ? 1 : 0;
}
catch (InvalidOperationException exception)
{
    Console.Error.WriteLine($"bench: {exception.Message}");
    return 1;
}
finally
{
    Offspring.Leave();
}

void Leave(PosixSignalContext signal)
{
    Offspring.Leave();
    workspace.Dispose();
    Environment.Exit(130);
}
