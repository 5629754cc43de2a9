namespace Savevm.Machine.Ram;

/// <summary>Tells which missing pages a running destination waits for. Absent where nothing runs yet.</summary>
public interface IFaultSource
{
    /// <summary>
    /// The machine may run soon: from the return on every page that has not arrived is missing, and whoever touches it waits. Called once, after
    /// the last discard and before the machine is started.
    /// </summary>
    /// <param name="blocks">The stream's blocks; pages are told by their indices.</param>
    /// <exception cref="MachineRefusedException">This host cannot do it.</exception>
    void Begin(IReadOnlyList<RamBlock> blocks);

    /// <summary>
    /// Waits for the next missing page. Each is reported once. False when <paramref name="cancellationToken"/> ended the wait.
    /// </summary>
    bool WaitForFault(CancellationToken cancellationToken, out PageAddress page);

    /// <summary>
    /// Every page has arrived: nothing is missing any more. Not called when the stream broke before; who waits for a page then goes on waiting, since
    /// what it would find is not the guest's memory.
    /// </summary>
    void End();
}
