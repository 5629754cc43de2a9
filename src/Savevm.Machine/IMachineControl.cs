namespace Savevm.Machine;

/// <summary>Starts and stops a machine. The engine calls it at the points where authority over the guest changes hands.</summary>
public interface IMachineControl
{
    /// <summary>Stops the machine before its last state is sent. A machine that stands still already does nothing.</summary>
    void Stop();

    /// <summary>
    /// Lets the machine run: at a source whose migration failed or was cancelled while it still had authority, at a
    /// destination that completed.
    /// </summary>
    void Start();
}
