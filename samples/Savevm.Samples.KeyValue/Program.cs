using System.Diagnostics;
using System.Globalization;
using Savevm.Hosting;
using Savevm.Machine;
using Savevm.Samples.KeyValue.Load;

namespace Savevm.Samples.KeyValue;

/// <summary>
/// A key-value store in memory under load: it comes back from its file where there is one, is checked, and is saved to it every few seconds while it is
/// written to, until the standard input ends.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        // This program is also the process that serves its write faults.
        if (MemoryPager.ServeIfAsked()) return 0;
        if (!TryParse(arguments, out var path, out var mebibytes, out var writers, out var every))
        {
            Console.Error.WriteLine("usage: FILE [--memory MEBIBYTES] [--writers NUMBER] [--every SECONDS]");
            return 2;
        }
        try
        {
            var begun = Stopwatch.GetTimestamp();
            using var saved = new SavedStore(path, (long)mebibytes << 20);
            if (saved.IsLoaded) Say($"resumed {saved.Store.Sequence} in {Stopwatch.GetElapsedTime(begun).TotalMilliseconds:f0} ms");
            var done = WorkloadCheck.Run(saved.Store, writers);
            if (saved.IsLoaded) Say($"checked {saved.Store.Sequence}");
            using var end = new CancellationTokenSource();
            _ = Task.Run(() =>
            {
                while (Console.In.ReadLine() is not null)
                {
                }
                end.Cancel();
            });
            using var load = new Workload(saved.Store, done);
            while (!end.IsCancellationRequested) await SaveAsync(saved, load, every, end.Token);
            return 0;
        }
        catch (Exception failure) when (failure is IOException or MachineRefusedException or InvalidDataException)
        {
            Console.Error.WriteLine($"failed: {failure.Message}");
            return 1;
        }
    }

    /// <summary>Waits, saves, and says what it cost those who write.</summary>
    private static async Task SaveAsync(SavedStore saved, Workload load, TimeSpan every, CancellationToken end)
    {
        try
        {
            var (before, begun) = (load.Writes, Stopwatch.GetTimestamp());
            await Task.Delay(every, end);
            var alone = RateOf(load, before, begun);
            var longestAlone = load.TakeLongest();
            (before, begun) = (load.Writes, Stopwatch.GetTimestamp());
            var result = await saved.SaveAsync(end);
            var meanwhile = RateOf(load, before, begun);
            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"saved {result.Number} in {result.Duration.TotalSeconds:f2} s, stood {result.Pause.TotalMilliseconds:f1} ms, {result.WrittenBytes >> 20} MiB, "
                    + $"{result.PagesAhead} pages ahead; {meanwhile:f0} writes/s meanwhile, longest {load.TakeLongest():f1} ms; {alone:f0} before, longest {longestAlone:f1} ms"));
        }
        catch (OperationCanceledException)
        {
            // The image before is there.
        }
    }

    private static double RateOf(Workload load, long before, long begun) => (load.Writes - before) / Stopwatch.GetElapsedTime(begun).TotalSeconds;

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private static bool TryParse(string[] arguments, out string path, out int mebibytes, out int writers, out TimeSpan every)
    {
        (path, mebibytes, writers, every) = ("", 1024, 2, TimeSpan.FromSeconds(5));
        if (arguments is not [var file, .. var rest]) return false;
        path = file;
        for (; rest is [var option, var word, ..]; rest = rest[2..])
        {
            if (!double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value <= 0) return false;
            if (option == "--memory") mebibytes = (int)value;
            else if (option == "--writers") writers = (int)value;
            else if (option == "--every") every = TimeSpan.FromSeconds(value);
            else return false;
        }
        return rest is [] && mebibytes is >= 1 and <= 1 << 20 && writers is >= 1 and <= 64;
    }
}
