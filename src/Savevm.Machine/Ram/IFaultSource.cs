namespace Savevm.Machine.Ram;

/// <summary>Tells which missing pages a running destination waits for. Absent where nothing runs yet.</summary>
public interface IFaultSource
{
    /// <summary>
    /// Waits for the next missing page. Each is reported once. False when <paramref name="cancellationToken"/> ended the wait.
    /// </summary>
    bool WaitForFault(CancellationToken cancellationToken, out PageAddress page);
}
