using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using Savevm.Fuzz.Engine;

namespace Savevm.Fuzz;

/// <summary>The process that runs one target.</summary>
internal static class Worker
{
    /// <summary>Exit code of a process whose input does not end.</summary>
    public const int Hangs = 4;

    private const int Broken = 1;
    private const int MaxKept = 4000;

    private static readonly TimeSpan PatienceOnTheWall = TimeSpan.FromMinutes(3);

    public static int Run(FuzzTarget target, FuzzOptions options)
    {
        using var record = new InputRecord(options.Record!, target.MaxBytes);
        var loop = new FuzzLoop(target, options.Seed, record);
        new Thread(() => Watch(loop, TimeSpan.FromSeconds(options.Patience))) { IsBackground = true }.Start();
        string kept = Places.KeptOf(options.Output, target);
        FuzzResult result = loop.Run(Places.Inputs(Places.CorpusOf(target)).Concat(Places.Inputs(kept)), TimeSpan.FromSeconds(options.Seconds));
        Directory.CreateDirectory(kept);
        int room = MaxKept - Directory.EnumerateFiles(kept).Count();
        foreach (byte[] input in result.Kept.Take(Math.Max(0, room)))
            File.WriteAllBytes(Path.Combine(kept, NameOf(input)), input);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name,-18} {result.Executions,11:N0} inputs in {result.Time.TotalSeconds,5:F0} s ({result.ProcessorTime.TotalSeconds,5:F0} s of a processor, {result.Executions / result.ProcessorTime.TotalSeconds,8:N0} in each), {result.Branches,5} branches, {result.Kept.Count,4} new inputs kept"));
        if (result.Find is not { } find)
            return 0;
        FindReport.Write(target, options, find, result.FoundInput);
        return Broken;
    }

    internal static string NameOf(ReadOnlySpan<byte> input) => XxHash3.HashToUInt64(input).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Ends the process when one input takes for ever, by its own processor time; or by the wall's, when it only waits.</summary>
    private static void Watch(FuzzLoop loop, TimeSpan patience)
    {
        using Process self = Process.GetCurrentProcess();
        long seen = -1;
        TimeSpan since = default;
        long sinceOnTheWall = 0;
        while (true)
        {
            self.Refresh();
            if (loop.Executions != seen)
                (seen, since, sinceOnTheWall) = (loop.Executions, self.TotalProcessorTime, Stopwatch.GetTimestamp());
            else if (self.TotalProcessorTime - since > patience || Stopwatch.GetElapsedTime(sinceOnTheWall) > PatienceOnTheWall)
                Environment.Exit(Hangs);
            Thread.Sleep(TimeSpan.FromSeconds(1));
        }
    }
}
