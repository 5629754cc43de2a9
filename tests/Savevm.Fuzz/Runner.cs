using System.Diagnostics;
using System.Globalization;
using Savevm.Fuzz.Engine;

namespace Savevm.Fuzz;

/// <summary>
/// Runs each target in a process of its own, whose assemblies count their branches: one that ends in an endless loop or without an
/// exception costs no other target its time, and its last input is known.
/// </summary>
internal static class Runner
{
    private const int Broken = 1;

    public static int Run(IReadOnlyList<FuzzTarget> targets, FuzzOptions options)
    {
        Directory.CreateDirectory(options.Output);
        string program = Path.Combine(options.Output, $"program-{Environment.ProcessId}");
        int broken = 0;
        try
        {
            string executable = Instrumentation.MakeProgram(program);
            foreach (FuzzTarget target in targets)
                broken += RunOne(target, executable, Path.Combine(program, "input"), options) ? 0 : 1;
        }
        finally
        {
            Directory.Delete(program, recursive: true);
        }
        Console.WriteLine($"savevm: {targets.Count - broken} passed, {broken} failed, 0 skipped");
        return broken == 0 ? 0 : Broken;
    }

    /// <summary>False when a promise was broken.</summary>
    private static bool RunOne(FuzzTarget target, string executable, string record, FuzzOptions options)
    {
        string seed = options.Seed.ToString(CultureInfo.InvariantCulture);
        File.Delete(record);
        var start = new ProcessStartInfo(executable)
        {
            ArgumentList =
            {
                "--target", target.Name, "--seconds", Number(options.Seconds), "--seed", seed, "--record", record,
                "--output", options.Output, "--patience", Number(options.Patience),
            },
            Environment = { [Places.RootVariable] = Places.Root },
        };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode is 0 or Broken)
            return process.ExitCode == 0;
        string how = process.ExitCode == Worker.Hangs ? "does not end" : $"the process ended with code {process.ExitCode}";
        FindReport.Write(target, options, new FuzzFind(how, "what it was given last is the input, as it was"), InputRecord.Read(record));
        return false;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
