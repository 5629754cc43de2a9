namespace Savevm.Migration.Core;

/// <summary>Clock and threads of an engine: those of this process, or those of a simulator that replays a run from a number.</summary>
internal abstract class Surroundings
{
    /// <summary>Those of this process.</summary>
    public static Surroundings Real { get; } = new RealSurroundings();

    /// <summary>The clock.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Does nothing for a while.</summary>
    public abstract void Sleep(TimeSpan duration);

    /// <summary>Starts a thread of the engine. It ends before the engine's call does, and throws nothing.</summary>
    public abstract IEngineThread Start(string name, Action body);
}
