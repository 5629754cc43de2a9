using Savevm.VMState.Descriptions;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Descriptions;

/// <summary>Saves and loads samples in one line.</summary>
internal static class Coded
{
    internal static readonly VMStateDescription<Part> Part = new VMStateBuilder<Part>("part", 1)
        .Field("a", static (ref d) => ref d.A)
        .Field("b", static (ref d) => ref d.B)
        .Build();

    internal static readonly VMStateDescription<PartBox> Box = new VMStateBuilder<PartBox>("box", 1)
        .Field("a", static (ref d) => ref d.A)
        .Field("b", static (ref d) => ref d.B)
        .Build();

    internal static VMStateBuilder<Sample> Builder(uint version = 1, uint? minimum = null) => new("sample", version, minimum);

    internal static string Save<TDevice>(VMStateDescription<TDevice> description, TDevice device)
    {
        var output = new WireWriter();
        new VMStateCodec<TDevice>(description).Save(ref device, output);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }

    internal static (string Hex, string Json) Describe<TDevice>(VMStateDescription<TDevice> description, TDevice device, DescriptionDialect dialect)
    {
        var output = new WireWriter();
        string json = new VMStateCodec<TDevice>(description).SaveDescribed(ref device, output, dialect);
        return (Convert.ToHexStringLower(output.WrittenSpan), json);
    }

    internal static TDevice Load<TDevice>(VMStateDescription<TDevice> description, TDevice device, string hex, uint? version = null)
    {
        new VMStateCodec<TDevice>(description).Load(ref device, Bytes(hex), version ?? description.Version);
        return device;
    }

    internal static VMStateLoadException Refused<TDevice>(
        VMStateDescription<TDevice> description, TDevice device, string hex, uint? version = null) =>
        Assert.Throws<VMStateLoadException>(() => Load(description, device, hex, version));

    internal static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
