namespace Savevm.Cli.Tests;

/// <summary>Operations that remember what they were asked and do what the test says.</summary>
internal sealed class ScriptedOperations : ICaptureOperation, IResumeOperation, IRemoveOperation, ISnapshotOperations
{
    public static CaptureReport CaptureReport { get; } = new()
    {
        Name = "web",
        Mode = CaptureMode.Background,
        GuestBytes = 2L << 30,
        StreamBytes = 700 << 20,
        DataBytes = 611 << 20,
        Elapsed = TimeSpan.FromMilliseconds(1900.25),
        Downtime = TimeSpan.FromMilliseconds(38),
        Rounds = 3,
        Slowdown = new GuestSlowdown { Window = TimeSpan.FromSeconds(1.6), RanBefore = 0.981, RanMeanwhile = 0.8804, Waited = 0.07, LongestWait = TimeSpan.FromMilliseconds(12.75) },
        Durable = true,
        Notes = ["a quirk"],
    };

    public static ResumedGuest Guest { get; } = new()
    {
        Index = 0,
        ProcessId = 4711,
        Mode = ResumeMode.Lazy,
        StartToListening = TimeSpan.FromMilliseconds(109.25),
        StartToRun = TimeSpan.FromMilliseconds(112.5),
        PagesBeforeRun = 30,
        RunDirectory = "/run/web-4711",
        MonitorPath = "/run/web-4711/qmp",
        Sockets = new Dictionary<string, string> { ["/run/web.serial"] = "/run/web-4711/serial" },
        State = "running",
    };

    public static SnapshotSummary Summary { get; } = new()
    {
        Name = "web",
        Created = new DateTimeOffset(2025, 3, 1, 14, 2, 11, TimeSpan.Zero),
        GuestBytes = 2L << 30,
        DataBytes = 611 << 20,
        Mode = "live",
        Machine = "pc-i440fx-7.2",
        QemuVersion = "7.2.22",
        Accelerator = "tcg",
        RunState = "running",
        Tags = new Dictionary<string, string> { ["purpose"] = "demo" },
    };

    /// <summary>Thrown by every operation, when set.</summary>
    public Exception? Failure { get; set; }

    public CaptureRequest? Capture { get; private set; }

    public ResumeRequest? Resume { get; private set; }

    /// <summary>What a resume tells its observer.</summary>
    public Func<IOperationObserver, Task> ResumeScript { get; set; } = observer =>
    {
        observer.GuestRunning(Guest);
        observer.AllRamArrived(Guest with { BytesSent = 611 << 20, PageRequests = 1530, Complete = true });
        return Task.CompletedTask;
    };

    public List<string> Calls { get; } = [];

    /// <summary>Guests of a resume that failed.</summary>
    public List<GuestFailure> Failures { get; } = [];

    /// <summary>Guests that run from every snapshot.</summary>
    public List<RunningGuest> Running { get; } = [];

    public List<SnapshotDefect> Defects { get; } = [];

    public Task<CaptureReport> RunAsync(CaptureRequest request, IOperationObserver observer, CancellationToken cancellationToken)
    {
        Capture = request;
        ThrowIfAsked();
        cancellationToken.ThrowIfCancellationRequested();
        observer.Note("a note");
        return Task.FromResult(CaptureReport);
    }

    public async Task<ResumeReport> RunAsync(ResumeRequest request, IOperationObserver observer, CancellationToken interrupt)
    {
        Resume = request;
        ThrowIfAsked();
        await ResumeScript(observer);
        return new ResumeReport { Name = request.Name, Guests = [Guest], Failures = Failures, Elapsed = TimeSpan.FromSeconds(1) };
    }

    public IReadOnlyList<SnapshotSummary> List(string repositoryPath)
    {
        Calls.Add($"list {repositoryPath}");
        ThrowIfAsked();
        return [Summary];
    }

    /// <summary>What the snapshot's working set is.</summary>
    public SnapshotWorkingSet? WorkingSet { get; set; }

    public SnapshotDetails Show(string repositoryPath, string name)
    {
        Calls.Add($"show {repositoryPath} {name}");
        ThrowIfAsked();
        return new SnapshotDetails
        {
            Summary = Summary,
            Path = "/r/web",
            RamBlocks = [new SnapshotRamBlock("pc.ram", 2L << 30, 611 << 20)],
            Sections = [new SnapshotSection("timer", 0, 2, 24)],
            CommandLine = ["qemu", "-name", "a b"],
            Corrections = ["the device n was plugged in while the guest ran"],
            Emulator = "/usr/bin/qemu",
            WorkingSet = WorkingSet,
            Guests = Running,
        };
    }

    public void Rename(string repositoryPath, string name, string newName)
    {
        Calls.Add($"rename {name} {newName}");
        ThrowIfAsked();
    }

    public IReadOnlyDictionary<string, string> Tag(
        string repositoryPath, string name, IReadOnlyDictionary<string, string> set, IReadOnlyCollection<string> remove)
    {
        Calls.Add($"tag {name} +{string.Join(',', set)} -{string.Join(',', remove)}");
        ThrowIfAsked();
        return set;
    }

    public Task<RemoveReport> RunAsync(RemoveRequest request, IOperationObserver observer, CancellationToken cancellationToken)
    {
        Calls.Add($"rm {request.Name}");
        return request.Name == "missing"
            ? throw new SavevmException(ExitCode.NotFound, "rm missing", "there is no such snapshot")
            : Task.FromResult(new RemoveReport(request.Name, [], []) { Guests = Running });
    }

    public CheckedSnapshot Check(
        string repositoryPath, string name, bool readData, Action<ProgressUpdate> progress, CancellationToken cancellationToken)
    {
        Calls.Add($"check {name} {readData}");
        ThrowIfAsked();
        return new CheckedSnapshot(name, readData ? 4096 : 0, Defects);
    }

    private void ThrowIfAsked()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }
}
