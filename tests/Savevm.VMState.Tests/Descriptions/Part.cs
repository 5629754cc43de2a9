namespace Savevm.VMState.Tests.Descriptions;

internal struct Part
{
    internal byte A;
    internal ushort B;
}
