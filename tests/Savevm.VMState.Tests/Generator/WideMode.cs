namespace Savevm.VMState.Tests.Generator;

internal enum WideMode : ushort
{
    None,
    Some = 0x1234,
    Forbidden = 0xffff,
}
