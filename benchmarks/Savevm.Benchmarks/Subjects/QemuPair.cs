using System.Text.Json.Nodes;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;

namespace Savevm.Benchmarks.Subjects;

/// <summary>Two QEMUs with the same command line: one that has loaded a saved guest, one that waits for a migration.</summary>
internal sealed class QemuPair : IDisposable
{
    private readonly GuestObserver _sourceObserver;

    /// <summary>Starts both; the guest is loaded when this returns, and no bandwidth limits its source.</summary>
    public QemuPair(BenchmarkRun run, SavedGuest saved)
    {
        _sourceObserver = new GuestObserver(run.Workspace.NewSocketFolder());
        Source = ChildProcess.Start(
            saved.Guest.Qemu.Path,
            [.. saved.Guest.Arguments, .. _sourceObserver.Arguments(withFreeMonitor: false), "-incoming", $"exec:cat {saved.Stream}"]);
        Observer = new GuestObserver(run.Workspace.NewSocketFolder());
        Destination = ChildProcess.Start(
            saved.Guest.Qemu.Path,
            [.. saved.Guest.Arguments, .. Observer.Arguments(withFreeMonitor: false), "-incoming", "defer"]);
        From.UntilMigrated();
        From.Execute("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 });
    }

    public ChildProcess Source { get; }

    public ChildProcess Destination { get; }

    /// <summary>Sees the guest at the destination.</summary>
    public GuestObserver Observer { get; }

    public QmpConnection From => _sourceObserver.Monitor(Source);

    public QmpConnection To => Observer.Monitor(Destination);

    /// <summary>Switches capabilities on at both ends.</summary>
    public void SetCapabilities(params string[] capabilities)
    {
        From.SetCapabilities(true, capabilities);
        To.SetCapabilities(true, capabilities);
    }

    /// <summary>Lets the guest run at the source and go to the destination by postcopy, at once.</summary>
    public void StartPostcopy()
    {
        From.Execute("cont");
        var uri = new JsonObject { ["uri"] = $"unix:{Observer.Folder}/in" };
        To.Execute("migrate-incoming", uri.DeepClone().AsObject());
        From.Send("migrate", uri);
        From.Execute("migrate-start-postcopy");
    }

    public void Dispose()
    {
        Destination.Dispose();
        Observer.Dispose();
        Source.Dispose();
        _sourceObserver.Dispose();
    }
}
