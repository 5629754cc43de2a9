namespace Savevm.Heaps.Tests;

/// <summary>A program whose pager is killed while memory arrives. It must not live to see what a page holds that nobody can bring any more.</summary>
internal static class LostProgram
{
    internal const string Variable = "SAVEVM_TEST_LOST_HEAP";
    internal const string Resumed = "resumed", Late = "everything was there already", Lived = "it lives, and the last page begins with ";

    internal static void Run(string path)
    {
        var heap = NativeHeap.Resume(path);
        Console.WriteLine(Resumed);
        Console.Out.Flush();
        foreach (var pager in PagerProcesses.Of(Environment.ProcessId)) PagerProcesses.Kill(pager);
        if (heap.Arrival.IsCompleted)
        {
            Console.WriteLine(Late);
            Environment.Exit(0);
        }
        new Thread(CollectForEver) { IsBackground = true }.Start();
        var region = heap.Regions[0];
        Console.WriteLine(Lived + region.Slice(region.Length - 4096, 1)[0]);
        Environment.Exit(0);
    }

    private static void CollectForEver()
    {
        while (true) GC.Collect();
    }
}
