using Savevm.VMState.Descriptions;

namespace Savevm.VMState.Tests.Devices;

internal sealed class FpRegisterParts : ITemporary<FpRegister, FpRegisterForm>
{
    public FpRegisterForm Take(ref FpRegister device) =>
        new() { Mantissa = (ulong)device.Value, Exponent = (ushort)(device.Value >> 64) };

    public string? Put(ref FpRegister device, ref FpRegisterForm loaded)
    {
        device.Value = new UInt128(loaded.Exponent, loaded.Mantissa);
        return null;
    }
}
