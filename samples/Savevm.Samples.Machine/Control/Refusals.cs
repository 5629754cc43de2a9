using Savevm.Machine;
using Savevm.Wire;

namespace Savevm.Samples.Machine.Control;

/// <summary>Which failures are told by their message. Everything else is a fault of this program.</summary>
internal static class Refusals
{
    // A lost peer and one that refuses are failures of input and output, as is a path that cannot be opened.
    public static bool Explains(Exception failure) =>
        failure is IOException or WireException or MachineRefusedException or DamagedStateException or OperationCanceledException or FormatException;
}
