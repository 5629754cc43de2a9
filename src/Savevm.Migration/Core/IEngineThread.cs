namespace Savevm.Migration.Core;

/// <summary>A thread that an engine started.</summary>
internal interface IEngineThread
{
    /// <summary>It has not ended yet.</summary>
    bool IsAlive { get; }

    /// <summary>Waits for its end.</summary>
    void Join();
}
