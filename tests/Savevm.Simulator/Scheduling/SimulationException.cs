namespace Savevm.Simulator.Scheduling;

/// <summary>The run shows a fault of the engine, or of the simulator.</summary>
internal sealed class SimulationException(string message) : Exception(message);
