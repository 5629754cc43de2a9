using Savevm.Demo;

namespace Savevm.Cli;

/// <summary>The operations that the commands call. Each is made when it is needed: a listing starts no engine.</summary>
public sealed record Operations
{
    /// <summary>Makes the operation behind <c>capture</c>.</summary>
    public required Func<ICaptureOperation> Capture { get; init; }

    /// <summary>Makes the operation behind <c>resume</c>.</summary>
    public required Func<IResumeOperation> Resume { get; init; }

    /// <summary>Makes the operation behind <c>rm</c>.</summary>
    public required Func<IRemoveOperation> Remove { get; init; }

    /// <summary>Makes the operations on the repository alone.</summary>
    public required Func<ISnapshotOperations> Snapshots { get; init; }

    /// <summary>Makes the operations on saved states of every form.</summary>
    public required Func<IStateOperations> States { get; init; }

    /// <summary>Makes the operations behind <c>relay</c> and <c>replay</c>.</summary>
    public required Func<IRelayOperations> Relays { get; init; }

    /// <summary>Makes the operation behind <c>demo</c>.</summary>
    public DemoOperation Demo() => new(Capture(), Resume());
}
