using System.Diagnostics;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;

namespace Savevm.Benchmarks.Subjects;

/// <summary>Clones that run beside whatever is measured; each has ticked. Gone with this.</summary>
internal sealed class CloneCrowd : IDisposable
{
    private readonly List<GuestObserver> _observers = [];
    private readonly ChildProcess? _savevm;

    /// <summary>Starts them by one command.</summary>
    public CloneCrowd(BenchmarkRun run, SavedGuest saved, int count)
    {
        if (count == 0)
        {
            return;
        }

        string root = run.Workspace.NewSocketFolder();
        try
        {
            for (int number = 1; number <= count; number++)
            {
                _observers.Add(new GuestObserver(Path.Combine(root, $"{number}")));
            }

            _savevm = saved.Savevm.StartResume(SavedGuest.Snapshot, "clone", "all", more: ["--clones", $"{count}", .. SettingsFor($"{root}/{{n}}")]);
            foreach (GuestObserver observer in _observers)
            {
                observer.Monitor(_savevm);
                TimedLine tick = observer.Tick(_savevm).Line;
                ToLastTickMilliseconds = Math.Max(ToLastTickMilliseconds, Stopwatch.GetElapsedTime(_savevm.StartedAt, tick.Timestamp).TotalMilliseconds);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>From the start of the command to the first tick of the last of them.</summary>
    public double ToLastTickMilliseconds { get; }

    /// <summary>Where a clone calls its observer, instead of where the recorded guest called its own.</summary>
    public static string[] SettingsFor(string folder) => ["--set", $"chardev.lab.path={folder}/lab", "--set", $"chardev.ticks.path={folder}/serial"];

    /// <summary>The proportional shares of all of them.</summary>
    public double ShareMiB() => _observers.Sum(observer => ProcessFacts.ShareMiB(observer.ProcessId));

    public void Dispose()
    {
        _observers.ForEach(observer => observer.Dispose());
        _savevm?.Dispose();
    }
}
