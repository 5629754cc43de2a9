using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.VMState.Tests.Descriptions;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Each kind by itself: its bytes, and what becomes of them between versions of a device.</summary>
public sealed class KindTableTests
{
    internal const int Descriptor = 5;

    public static TheoryData<VMStateFieldKind> Kinds => [.. KindTable.Rows.Select(row => row.Kind)];

    public static TheoryData<VMStateFieldKind> ConditionalKinds => [.. KindTable.Rows.Where(row => row.IsConditional).Select(row => row.Kind)];

    [Fact]
    public void Every_kind_that_a_device_can_have_has_bytes_and_random_devices()
    {
        // What only a stream or a dump tells about no device has.
        VMStateFieldKind[] foreign = [VMStateFieldKind.NullPointer, VMStateFieldKind.PointerMark, VMStateFieldKind.Unknown];
        VMStateFieldKind[] expected = [.. VMStateFieldKindTable.Rows.Select(row => row.Kind).Except(foreign)];
        Assert.Equal(expected, KindTable.Rows.Select(row => row.Kind));
        Assert.Equal(expected, RoundTripTests.Descriptions.SelectMany(one => one.Fields).Select(field => field.Kind).Distinct().Order());
        foreach (KindRow row in KindTable.Rows)
            Assert.Equal(row.Kind, Assert.Single(row.Add(Coded.Builder(), 0, null).Build().Fields).Kind);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_value_has_the_bytes_that_were_computed_by_hand(VMStateFieldKind kind)
    {
        KindRow row = Row(kind);
        VMStateDescription<Sample> description = row.Add(Coded.Builder(), 0, null).Build();
        Assert.Equal(Packed(row.Hex), Save(description, Device(row)));
        Assert.Equal(Packed(row.Hex), Save(description, Load(description, row.IsChecked ? Device(row) : new Sample(), row.Hex, 1)));
    }

    [Theory]
    [MemberData(nameof(ConditionalKinds))]
    public void A_state_without_the_field_leaves_what_the_hook_before_loading_has_set(VMStateFieldKind kind)
    {
        KindRow row = Row(kind);
        VMStateDescription<Sample> now = Newer(row, minimum: 1).PreLoad((ref d, _) =>
        {
            row.Set(d);
            return null;
        }).Build();
        string old = Save(Older(), new Sample { First = 1, Last = 2 });
        Assert.Equal("0102", old);
        Sample loaded = Load(now, new Sample(), old, 1);
        Assert.Equal((1, 2), (loaded.First, loaded.Last));
        Assert.Equal(Packed("01" + row.Hex + "02"), Save(now, loaded));
    }

    [Theory]
    [MemberData(nameof(ConditionalKinds))]
    public void A_newer_state_is_loaded_whole_and_an_older_device_refuses_its_version(VMStateFieldKind kind)
    {
        KindRow row = Row(kind);
        VMStateDescription<Sample> now = Newer(row, minimum: 1).Build();
        Sample device = Device(row);
        (device.First, device.Last) = (1, 2);
        string state = Save(now, device);
        Assert.Equal(Packed("01" + row.Hex + "02"), state);
        Assert.Equal(state, Save(now, Load(now, row.IsChecked ? Device(row) : new Sample(), state, 2)));
        VMStateLoadException refused = Coded.Refused(Older(), new Sample(), state, 2);
        Assert.Equal((false, "2"), (refused.IsHalfLoaded, refused.Found));
        Assert.Contains("version 1 of 'sample'", refused.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ConditionalKinds))]
    public void A_device_whose_minimum_is_above_it_refuses_an_older_state(VMStateFieldKind kind)
    {
        var device = new Sample { First = 9 };
        VMStateLoadException refused = Coded.Refused(Newer(Row(kind), minimum: 2).Build(), device, "0102", 1);
        Assert.Equal((false, "1", 9), (refused.IsHalfLoaded, refused.Found, device.First));
        Assert.Contains("version 2 of 'sample'", refused.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ConditionalKinds))]
    public void A_field_may_depend_on_one_that_was_loaded_before_it(VMStateFieldKind kind)
    {
        KindRow row = Row(kind);
        VMStateDescription<Sample> description = row.Add(Coded.Builder().Field("first", static (ref d) => ref d.First), 0, static (ref d, _) => d.First == 1)
            .Field("last", static (ref d) => ref d.Last)
            .Build();
        foreach (string state in (string[])["0002", Packed("01" + row.Hex + "02")])
        {
            // The device says the contrary before it is loaded.
            Sample device = row.IsChecked ? Device(row) : new Sample();
            device.First = (byte)(state == "0002" ? 1 : 0);
            Sample loaded = Load(description, device, state, 1);
            Assert.Equal(2, loaded.Last);
            Assert.Equal(state, Save(description, loaded));
        }
    }

    private static VMStateDescription<Sample> Older() => Coded.Builder()
        .Field("first", static (ref d) => ref d.First)
        .Field("last", static (ref d) => ref d.Last)
        .Build();

    private static VMStateBuilder<Sample> Newer(KindRow row, uint minimum) =>
        row.Add(Coded.Builder(2, minimum).Field("first", static (ref d) => ref d.First), 2, null).Field("last", static (ref d) => ref d.Last);

    private static KindRow Row(VMStateFieldKind kind) => Array.Find(KindTable.Rows, row => row.Kind == kind)!;

    private static Sample Device(KindRow row)
    {
        var device = new Sample();
        row.Set(device);
        return device;
    }

    private static Sample Load(VMStateDescription<Sample> description, Sample device, string hex, uint version)
    {
        var loader = new VMStateLoader(Coded.Bytes(hex), 0, [Descriptor]);
        new VMStateCodec<Sample>(description).Load(ref device, ref loader, version);
        Assert.Equal(0, loader.Remaining);
        return device;
    }

    private static string Save(VMStateDescription<Sample> description, Sample device)
    {
        var output = new WireWriter();
        var saver = new VMStateSaver(output);
        new VMStateCodec<Sample>(description).Save(ref device, saver);
        Assert.All(saver.Descriptors, one => Assert.Equal(Descriptor, one));
        return Convert.ToHexStringLower(output.WrittenSpan);
    }

    private static string Packed(string hex) => hex.Replace(" ", "", StringComparison.Ordinal);
}
