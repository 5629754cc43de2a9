namespace Savevm.Simulator.Scheduling;

/// <summary>What one thread waits for and another gives it, once each time.</summary>
internal sealed class Turn
{
    private readonly object gate = new();
    private bool isGiven;

    public void Give()
    {
        lock (gate)
        {
            isGiven = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>False when it did not come in time.</summary>
    public bool Await(TimeSpan timeout)
    {
        lock (gate)
        {
            while (!isGiven)
                if (!Monitor.Wait(gate, timeout)) return false;
            isGiven = false;
            return true;
        }
    }
}
