using System.Text;
using CsCheck;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Random devices of every kind are saved and loaded into others, by straight-line code and field by field: equal values, equal bytes.</summary>
public sealed class RoundTripTests
{
    private const int Turns = 200;

    internal static VMStateDescription[] Descriptions { get; } =
        [NumberKinds.StateDescription, CheckedKinds.StateDescription, ByteKinds.StateDescription, StructureKinds.StateDescription];

    [Fact]
    public void Numbers() => Check(NumberKinds.StateDescription, NumberKinds.Create, static _ => new NumberKinds(), static device => device.Told());

    [Fact]
    public void Checked_numbers() =>
        Check(CheckedKinds.StateDescription, CheckedKinds.Create, static device => device.Twin(), static device => device.Told());

    [Fact]
    public void Bytes_and_bits() => Check(ByteKinds.StateDescription, ByteKinds.Create, static _ => new ByteKinds(), static device => device.Tell());

    [Fact]
    public void Structures() =>
        Check(
            StructureKinds.StateDescription,
            StructureKinds.Create,
            static device => device.Twin(),
            static device => device.Told(),
            static (device, dialect) => device.ArePointersDescribed(dialect));

    private static void Check<TDevice>(
        VMStateDescription<TDevice> description,
        Func<Random, TDevice> create,
        Func<TDevice, TDevice> twin,
        Func<TDevice, string> tell,
        Func<TDevice, DescriptionDialect, bool>? isDescribed = null) =>
        Gen.Int.Select(seed => create(new Random(seed))).Sample(device =>
        {
            var codec = new VMStateCodec<TDevice>(description);
            byte[] saved = Save((saver) => codec.Save(ref device, saver), out int[] descriptors);
            Assert.Equal(saved, SaveSlowly(description, device));

            TDevice fast = twin(device);
            var loader = new VMStateLoader(saved, 0, descriptors);
            codec.Load(ref fast, ref loader, description.Version);
            Assert.Equal(0, loader.Remaining);
            Assert.Equal(tell(device), tell(fast));
            Assert.Equal(saved, Save((saver) => codec.Save(ref fast, saver), out int[] again));
            Assert.Equal(descriptors, again);

            TDevice slow = twin(device);
            loader = new VMStateLoader(saved, 0, descriptors);
            description.LoadFields(ref slow, ref loader, description.Version, 0, description.Fields.Count);
            Assert.Equal(0, loader.Remaining);
            Assert.Equal(tell(device), tell(slow));
            Assert.Equal(saved, SaveSlowly(description, slow));

            foreach (DescriptionDialect dialect in Enum.GetValues<DescriptionDialect>())
            {
                var output = new WireWriter();
                string json = codec.SaveDescribed(ref device, output, dialect);
                Assert.Equal(saved, output.WrittenSpan.ToArray());
                if (isDescribed?.Invoke(device, dialect) == false)
                    continue;
                string stream = $"{{\"devices\": [{{\"name\": \"kinds\", \"instance_id\": 0, {json[1..]}]}}";
                DescribedDevice described = Assert.Single(VMDescription.Parse(Encoding.ASCII.GetBytes(stream), 0).Devices);
                Assert.Equal(saved.Length, described.BodyBytes);
                DescribedBody.Check(described, saved, 0);
            }
        }, iter: Turns);

    private static byte[] SaveSlowly<TDevice>(VMStateDescription<TDevice> description, TDevice device) =>
        Save(saver => description.SaveFields(ref device, saver, 0, description.Fields.Count), out _);

    private static byte[] Save(Action<VMStateSaver> save, out int[] descriptors)
    {
        var output = new WireWriter();
        var saver = new VMStateSaver(output);
        save(saver);
        descriptors = [.. saver.Descriptors];
        return output.WrittenSpan.ToArray();
    }
}
