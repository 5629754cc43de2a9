namespace Savevm.Machine.Live;

/// <summary>The counterpart of an <see cref="ILiveHandler"/> at the destination. Called by the engine's thread alone.</summary>
/// <remarks>QEMU's <c>SaveVMHandlers</c>, destination side (<c>include/migration/register.h</c>).</remarks>
public interface ILiveLoader
{
    /// <summary>Name of the section.</summary>
    string IdStr { get; }

    /// <summary>Number among sections of that name.</summary>
    uint InstanceId { get; }

    /// <summary>The newest version that it reads; a newer one is refused.</summary>
    uint VersionId { get; }

    /// <summary>It must have said <see cref="LiveInput.ApproveSwitchover"/> before the source stops the machine, where the source waits for that.</summary>
    bool NeedsApproval { get; }

    /// <summary>Its section begins.</summary>
    /// <exception cref="MachineRefusedException">It cannot be loaded.</exception>
    void Setup();

    /// <summary>Reads one body: that of the set-up, of an iteration, or of the end. It must read exactly as much as was written.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="versionId">Version of the section.</param>
    /// <exception cref="MachineRefusedException">It cannot be loaded.</exception>
    /// <exception cref="Wire.WireException">The bytes are not what its counterpart writes.</exception>
    void Load(LiveInput input, uint versionId);

    /// <summary>The source stops the machine now, where it says so.</summary>
    void SwitchoverStarted();

    /// <summary>It is over, however it ended. Called once for each <see cref="Setup"/>, also for one that threw.</summary>
    void Cleanup();
}
