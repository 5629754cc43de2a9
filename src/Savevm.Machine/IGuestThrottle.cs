namespace Savevm.Machine;

/// <summary>Slows a machine down that writes faster than its RAM can be sent.</summary>
public interface IGuestThrottle
{
    /// <summary>Takes that share of its time from the machine; called on the engine's thread.</summary>
    /// <param name="percent">0 for none, 99 at most.</param>
    void Throttle(int percent);
}
