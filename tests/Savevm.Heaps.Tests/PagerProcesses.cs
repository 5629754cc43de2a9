using System.Diagnostics;
using System.Globalization;

namespace Savevm.Heaps.Tests;

/// <summary>The pagers of a process: its children.</summary>
internal static class PagerProcesses
{
    internal static List<int> Of(int processId)
    {
        var children = new List<int>();
        foreach (var task in Directory.GetDirectories($"/proc/{processId}/task"))
        {
            try
            {
                foreach (var word in File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    children.Add(int.Parse(word, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // The thread has ended.
            }
        }
        return children;
    }

    internal static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        // It has no memory any more when it has ended, reaped or not.
        SpinWait.SpinUntil(() => Resident(processId) == 0, TimeSpan.FromSeconds(10));
    }

    /// <summary>Private memory of a process that is there; 0 when it has ended.</summary>
    internal static long Resident(int processId)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{processId}/statm").Split(' ');
            return (long.Parse(words[1], CultureInfo.InvariantCulture) - long.Parse(words[2], CultureInfo.InvariantCulture)) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
