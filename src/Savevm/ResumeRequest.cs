namespace Savevm;

/// <summary>
/// What <c>savevm resume</c> was asked to do. At most one of <see cref="QemuArguments"/>, <see cref="QmpSocket"/> and
/// <see cref="ConnectUri"/> is set; without any, the command line recorded at capture is used.
/// </summary>
public sealed record ResumeRequest
{
    /// <summary>The folder of the repository.</summary>
    public required string RepositoryPath { get; init; }

    /// <summary>The name of the snapshot.</summary>
    public required string Name { get; init; }

    /// <summary>How.</summary>
    public ResumeMode Mode { get; init; } = ResumeMode.Auto;

    /// <summary>How many guests to start; at least 1.</summary>
    public int Clones { get; init; } = 1;

    /// <summary>
    /// What the user wants otherwise on the command line of each guest: <c>OPTION.PROPERTY=VALUE</c>, <c>OPTION.ID.PROPERTY=VALUE</c> or
    /// <c>OPTION=VALUE</c>; <c>{n}</c> in a value stands for the guest's number, from 1 on.
    /// </summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>What a lazy resume sends beside what the guest asks for.</summary>
    public Prefetch Prefetch { get; init; } = Prefetch.All;

    /// <summary>The user's own command line after <c>--</c>: executable first, or options only; null when there was none.</summary>
    public IReadOnlyList<string>? QemuArguments { get; init; }

    /// <summary>The QMP socket of a QEMU that the user started with <c>-incoming defer</c>.</summary>
    public string? QmpSocket { get; init; }

    /// <summary>The address at which a QEMU that the user started with <c>-incoming URI</c> waits.</summary>
    public string? ConnectUri { get; init; }

    /// <summary>What becomes of the guest's disks.</summary>
    public DiskUse Disks { get; init; } = DiskUse.Keep;

    /// <summary>Check all RAM before anything starts.</summary>
    public bool Verify { get; init; }

    /// <summary>
    /// This process is the background page server of a resume whose command has returned or will return: it has no terminal, and nobody can
    /// be asked. The command line does the detaching; an operation needs this only for its words.
    /// </summary>
    public bool Detach { get; init; }

    /// <summary>What an interrupt does while pages are missing; null when it was not said: the observer is asked.</summary>
    public InterruptChoice? OnInterrupt { get; init; }

    /// <summary>The emulator to start when the snapshot's own is not there (<c>SAVEVM_QEMU</c>); null for none.</summary>
    public string? Emulator { get; init; }

    /// <summary>Bytes per second at most, for everything but page requests and the working set; null for no limit.</summary>
    public long? BandwidthBytesPerSecond { get; init; }

    /// <summary>How long it may take until the guest runs; null for the built-in limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Go on with guests of this snapshot that were resumed lazily and whose page server has ended before all their RAM had arrived; nothing is
    /// started. With <see cref="QmpSocket"/> or <see cref="ConnectUri"/>, the one there.
    /// </summary>
    public bool Recover { get; init; }

    /// <summary>
    /// The program, and its words, that keeps a lazily resumed guest's monitor while this process lives and when it has died: it must call
    /// <see cref="MonitorKeeper.Serve"/>. Empty: nobody keeps it, and a guest whose main loop waits for a page cannot be recovered.
    /// </summary>
    public IReadOnlyList<string> KeeperCommand { get; init; } = [];

    /// <summary>The command that a hint names for going on with an interrupted guest; null for the usual one.</summary>
    public string? RecoverCommand { get; init; }
}
