using Savevm.Machine;
using Savevm.Simulator.Scheduling;

namespace Savevm.Simulator.Machines;

/// <summary>A device that must leave before the machine is sent, and takes its time, or refuses.</summary>
internal sealed class SimulatedUnplug(Scheduler scheduler, TimeSpan after, bool refuses) : IUnplugControl
{
    private long? asked;

    public bool IsThere { get; private set; } = true;

    public bool IsPending
    {
        get
        {
            if (asked is { } at && !refuses && scheduler.Now - at >= after.Ticks) IsThere = false;
            return asked is not null && IsThere;
        }
    }

    public string? Refusal => refuses && asked is { } at && scheduler.Now - at >= after.Ticks ? "the guest needs it" : null;

    public void Request() => asked = scheduler.Now;

    public void Replug()
    {
        asked = null;
        IsThere = true;
    }
}
