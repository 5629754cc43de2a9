namespace Savevm.Machine;

/// <summary>
/// Devices that cannot travel and have to leave before the machine is sent, such as a network card of the host whose stand-in stays: the guest is
/// asked, and may take its time or refuse. Called on the engine's thread.
/// </summary>
public interface IUnplugControl
{
    /// <summary>Asks the guest to let them go. Without such devices nothing happens.</summary>
    void Request();

    /// <summary>A device that was asked to leave is still there.</summary>
    bool IsPending { get; }

    /// <summary>What the guest said against it; null while it has not refused.</summary>
    string? Refusal { get; }

    /// <summary>The machine stays here: they may come back. Called once after <see cref="Request"/>, when the migration did not complete.</summary>
    void Replug();
}
