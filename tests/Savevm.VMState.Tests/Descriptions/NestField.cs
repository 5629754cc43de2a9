using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Descriptions;

/// <summary>A structure that may hold another of its own kind: deep as the bytes say.</summary>
internal sealed class NestField : ICustomField<Nest>
{
    private static VMStateDescription<Nest> Description => new VMStateBuilder<Nest>("nest").Custom("inner", "nest", new NestField()).Build();

    public void Save(ref Nest device, WireWriter output) => output.WriteByte(0);

    public void Load(ref Nest device, scoped ref VMStateLoader loader)
    {
        if (loader.TakeByte() == 0)
            return;
        device.Inner = new Nest();
        Description.Load(ref device.Inner, ref loader, 0);
    }
}
