namespace Savevm.VMState.Tests.Descriptions;

internal sealed class PartBox
{
    internal byte A;
    internal ushort B;
}
