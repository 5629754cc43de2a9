using Savevm.Wire;

namespace Savevm.Machine.Live;

/// <summary>
/// A part of a machine that is sent while the machine runs, as RAM is: a disk's contents, a device with much memory of its own, a bitmap. Its bytes
/// are its own business; the engine frames them as a live section. Called by the engine's thread alone.
/// </summary>
/// <remarks>QEMU's <c>SaveVMHandlers</c>, source side (<c>include/migration/register.h</c>).</remarks>
public interface ILiveHandler
{
    /// <summary>Name of the section; 1 to 255 bytes of ASCII.</summary>
    string IdStr { get; }

    /// <summary>Number among sections of that name.</summary>
    uint InstanceId { get; }

    /// <summary>Version of the section.</summary>
    uint VersionId { get; }

    /// <summary>Whether it has anything to send in this migration. Asked once, before the set-up.</summary>
    bool IsActive { get; }

    /// <summary>What is left when the machine goes on in postcopy may follow then.</summary>
    bool CanPostcopy { get; }

    /// <summary>Gets ready before a byte is written. What it throws refuses the migration.</summary>
    /// <exception cref="MachineRefusedException">It cannot be sent.</exception>
    void Prepare();

    /// <summary>Writes what its counterpart must know first.</summary>
    void Setup(WireWriter output);

    /// <summary>What is left.</summary>
    /// <param name="isExact">Ask whoever knows; else what was known last is good enough.</param>
    PendingState Pending(bool isExact);

    /// <summary>Writes some of what is left while the machine runs.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="budget">How many are welcome; a few more do no harm.</param>
    /// <returns>True when nothing is left for now.</returns>
    bool Iterate(WireWriter output, int budget);

    /// <summary>Writes all that is left. The machine stands still; or, in postcopy, it runs at the destination.</summary>
    void Complete(WireWriter output);

    /// <summary>It is over, however it ended. Called once for each <see cref="Prepare"/>, also for one that threw.</summary>
    void Cleanup();
}
