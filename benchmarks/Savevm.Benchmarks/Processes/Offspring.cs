using System.Globalization;

namespace Savevm.Benchmarks.Processes;

/// <summary>
/// Everything that descends from this process. Orphans of a program that was ended come back to us, so that nothing is left behind; only
/// children of this very process are ever touched.
/// </summary>
internal static class Offspring
{
    /// <summary>This process leaves: whoever starts another one now waits for ever instead.</summary>
    public static bool IsLeaving { get; private set; }

    public static void Adopt() => _ = Libc.prctl(Libc.SetSubreaper, 1, 0, 0, 0);

    /// <summary>Ends all children that are still there, orphans of theirs too, and lets nobody start another.</summary>
    public static void Leave()
    {
        IsLeaving = true;
        EndAll();
    }

    private static void EndAll()
    {
        for (int i = 0; i < 200; i++)
        {
            List<int> children = Children();
            if (children.Count == 0)
            {
                return;
            }

            foreach (int child in children)
            {
                _ = Libc.kill(child, Libc.SignalKill);
            }

            while (Libc.wait4(-1, out _, Libc.WaitNoHang, out _) > 0)
            {
            }

            Thread.Sleep(5);
        }
    }

    /// <summary>Reaps a process that came back to us or is another's; waits until it is gone.</summary>
    public static void End(int process)
    {
        _ = Libc.kill(process, Libc.SignalKill);
        for (int i = 0; i < 2000 && ProcessFacts.IsAlive(process); i++)
        {
            if (Libc.wait4(process, out _, Libc.WaitNoHang, out _) == process)
            {
                return;
            }

            Thread.Sleep(2);
        }
    }

    private static List<int> Children()
    {
        var children = new List<int>();
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            string file = Path.Combine(thread, "children");
            if (File.Exists(file))
            {
                children.AddRange(File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(id => int.Parse(id, CultureInfo.InvariantCulture)));
            }
        }

        return children;
    }
}
