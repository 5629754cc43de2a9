namespace Savevm.Machine;

/// <summary>The machine cannot take what the stream offers: another layout, a feature that it lacks. Nothing was changed.</summary>
public sealed class MachineRefusedException(string message) : Exception(message);
