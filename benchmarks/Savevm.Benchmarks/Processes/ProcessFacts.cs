using System.Globalization;

namespace Savevm.Benchmarks.Processes;

/// <summary>What the kernel tells about a process that runs. Zero or false when it is gone.</summary>
internal static class ProcessFacts
{
    private const double MillisecondsPerClockTick = 10;

    public static bool IsAlive(int process) => Read(process, "stat") is { } text && text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');

    /// <summary>The peak of its resident set in KiB, and of that what is anonymous now.</summary>
    public static (long Peak, long Anonymous) Memory(int process)
    {
        long peak = 0;
        long anonymous = 0;
        foreach (string line in Read(process, "status")?.Split('\n') ?? [])
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
            {
                peak = Kibibytes(line);
            }
            else if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
            {
                anonymous = Kibibytes(line);
            }
        }

        return (peak, anonymous);
    }

    /// <summary>Its proportional share of memory (PSS) in MiB: what several processes map is divided among them.</summary>
    public static double ShareMiB(int process) => Read(process, "smaps_rollup")?.Split('\n')
        .FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal)) is { } line ? Kibibytes(line) / 1024.0 : 0;

    /// <summary>User and system time so far, its own and of the children that it waited for.</summary>
    public static double ProcessorMilliseconds(int process)
    {
        double sum = 0;
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                string text = File.ReadAllText($"{thread}/schedstat");
                sum += long.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture) / 1e6;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A thread or the whole process has ended meanwhile.
        }

        if (Read(process, "stat") is { } stat)
        {
            // After the name: state is field 3; utime, stime, cutime and cstime are 14 to 17. The first two also hold threads that ended.
            double[] times = [.. stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[11..15]
                .Select(ticks => long.Parse(ticks, CultureInfo.InvariantCulture) * MillisecondsPerClockTick)];
            sum = Math.Max(sum, times[0] + times[1]) + times[2] + times[3];
        }

        return sum;
    }

    /// <summary>Its words, separated by zeros.</summary>
    public static string CommandLine(int process) => Read(process, "cmdline") ?? "";

    private static long Kibibytes(string line) =>
        long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim('\t'), CultureInfo.InvariantCulture);

    private static string? Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
