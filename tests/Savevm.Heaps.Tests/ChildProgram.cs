using System.Diagnostics;
using System.Runtime.CompilerServices;
using Savevm.Hosting.Snapshots;
using Savevm.Linux.Processes;

namespace Savevm.Heaps.Tests;

/// <summary>This program is its own pager, and the program that is killed.</summary>
internal static class ChildProgram
{
    private const string Variable = "SAVEVM_TEST_HEAP";

    [ModuleInitializer]
    internal static void ServeIfAsked()
    {
        if (SnapshotPager.ServeIfAsked()) Environment.Exit(0);
        if (Environment.GetEnvironmentVariable(Variable) is { } path)
        {
            Run(path);
            Environment.Exit(0);
        }
    }

    /// <summary>Starts a program that saves a heap to a path again and again, and writes a line for each snapshot.</summary>
    public static Process Start(string path)
    {
        var command = OwnProgram.Command([]);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment[Variable] = path;
        return Process.Start(start)!;
    }

    private static void Run(string path)
    {
        using var writing = new NumberedHeap(WriterKind.Managed, 2, mebibytes: 64);
        while (true)
        {
            // Seen by who kills it: which snapshot is being taken.
            Console.WriteLine($"begin {writing.Heap.SnapshotCount}");
            var result = writing.Heap.SaveAsync(path, writing.Options).GetAwaiter().GetResult();
            Console.WriteLine($"saved {result.Number}");
        }
    }
}
