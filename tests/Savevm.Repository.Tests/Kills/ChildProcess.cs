using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Savevm.Repository.Tests.Kills;

/// <summary>
/// The test executable started once more, to do something that can be killed. A module initializer sees the order before the test
/// runner starts and never lets it.
/// </summary>
internal static class ChildProcess
{
    private const string OrderVariable = "SAVEVM_TEST_CHILD", PathVariable = "SAVEVM_TEST_PATH";

    private static readonly Dictionary<string, Action<string>> Orders = new(StringComparer.Ordinal)
    {
        [nameof(ChildOrders.WriteForEver)] = ChildOrders.WriteForEver,
        [nameof(ChildOrders.FillTheDisk)] = ChildOrders.FillTheDisk,
        [nameof(ChildOrders.AddToWorkingSetForEver)] = ChildOrders.AddToWorkingSetForEver,
        [nameof(ChildOrders.AddToWorkingSetOnAFullDisk)] = ChildOrders.AddToWorkingSetOnAFullDisk,
        [nameof(ChildOrders.HoldWriter)] = ChildOrders.HoldWriter,
        [nameof(ChildOrders.HoldFiles)] = ChildOrders.HoldFiles,
    };

    internal static Process Start(string order, string path)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ChildProcess).Assembly.Location, null))
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment[OrderVariable] = order;
        start.Environment[PathVariable] = path;
        return Process.Start(start)!;
    }

#pragma warning disable CA2255 // This is the executable's own module; it must act before the test runner's Main.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void ObeyIfChild()
    {
        if (Environment.GetEnvironmentVariable(OrderVariable) is not { } order) return;
        try
        {
            Orders[order](Environment.GetEnvironmentVariable(PathVariable)!);
            Environment.Exit(0);
        }
        catch (Exception error)
        {
            Console.WriteLine($"failed {error.GetType().Name}: {error.Message}");
            Environment.Exit(1);
        }
    }
}
