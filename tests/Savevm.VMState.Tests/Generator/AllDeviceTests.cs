using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Generator;

/// <summary>Bytes computed by hand for what <see cref="AllDevice"/> says by attributes.</summary>
public sealed class AllDeviceTests
{
    private const string Hex = "07 1234 00000008 0001 0002 1234 0000 01020304 0506 0a 3ff8000000000000"
        + "0000000000000005 ffffffffffffffff 03 02 00000000 0000000b 0000000c 0d 0e 0f10 0000000000000003 11 30 31 12 30"
        + "00000001 01 0001 0002 13 00 00000003 141516 20";

    private static readonly VMStateCodec<AllDevice> Codec = new(AllDevice.StateDescription);

    [Fact]
    public void A_device_is_saved_in_the_bytes_that_were_computed_by_hand()
    {
        AllDevice device = Whole();
        var output = new WireWriter();
        var saver = new VMStateSaver(output);
        Codec.Save(ref device, saver);
        Assert.Equal(Hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(output.WrittenSpan));
        Assert.Equal([42], saver.Descriptors);
    }

    [Fact]
    public void What_is_loaded_from_them_is_that_device()
    {
        AllDevice device = Load(Hex);
        Assert.Equal((7, WideMode.Some, 8u, 42), (device.Auto, device.AutoMode, device.ByReference, device.Descriptor));
        Assert.Equal([1, 2], device.Filled);
        Assert.Equal([WideMode.Some, WideMode.None], device.Modes);
        Assert.Equal([1, 2, 3, 4], device.Grid.Cast<byte>());
        Assert.Equal([9, 5, 6, 9], device.Middle);
        Assert.Equal([0, 0, 0, 10], device.Tail);
        Assert.Equal([11u, 12u], device.Words);
        Assert.Equal([13, 14], device.Boxes.Select(box => (int)box.A));
        Assert.Equal([15, 16], device.Bytes);
        Assert.Equal([3ul], device.Bits);
        Assert.Equal((17, 18, null), (device.Pointers[0]!.A, device.Made[0]!.A, device.Made[1]));
        Assert.Equal((1, 2, 19), (device.Tree.Single().Key.Low, device.Tree.Single().Key.High, device.Tree.Single().Value.A));
        Assert.Equal([20, 21, 22], device.Counted);
        Assert.Equal([5L, -1L], device.Timers);
    }

    [Theory]
    [InlineData(" 03 02 ", " 04 02 ", "Slots", "set slots to what the source has")]
    [InlineData(" 03 02 ", " 03 65 ", "unused", "bytes")]
    [InlineData(" 03 02 00000000 ", " 03 ff 00000000 ", "unused", "bytes")]
    [InlineData(" 30 31 12 30", " 30 32 12 30", "Made[0]", "0x32")]
    [InlineData(" 141516 20", " 141516 21", "Descriptor", "0x21")]
    public void What_does_not_fit_is_refused_by_name(string old, string changed, string path, string words)
    {
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() => Load(Hex.Replace(old, changed, StringComparison.Ordinal)));
        Assert.StartsWith(path, refused.FieldPath, StringComparison.Ordinal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_that_does_not_hold_is_refused_on_both_ways()
    {
        AllDevice device = Whole();
        device.Count = 5;
        device.Words = new uint[5];
        device.Boxes = [.. Enumerable.Range(0, 5).Select(_ => new AllBox())];
        device.Bytes = new byte[5];
        device.Made = new AllBox?[5];
        Assert.Throws<VMStateSaveException>(() => Codec.Save(ref device, new WireWriter()));
    }

    [Fact]
    public void A_descriptor_that_did_not_come_is_missed()
    {
        var device = new AllDevice();
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(
            () => Codec.Load(ref device, Convert.FromHexString(Hex.Replace(" ", "", StringComparison.Ordinal)), 1));
        Assert.Equal("Descriptor", refused.FieldPath);
        Assert.Throws<VMStateSaveException>(() =>
        {
            AllDevice closed = Whole();
            closed.Descriptor = -1;
            Codec.Save(ref closed, new WireWriter());
        });
    }

    private static AllDevice Load(string hex)
    {
        var device = new AllDevice();
        var loader = new VMStateLoader(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 0, [42]);
        Codec.Load(ref device, ref loader, 1);
        Assert.Equal(0, loader.Remaining);
        return device;
    }

    private static AllDevice Whole()
    {
        var device = new AllDevice
        {
            Auto = 7,
            AutoMode = WideMode.Some,
            Real = 1.5,
            Count = 2,
            Words = [11, 12],
            Boxes = [new AllBox { A = 13 }, new AllBox { A = 14 }],
            Bytes = [15, 16],
            Bits = [3],
            Made = [new AllBox { A = 18 }, null],
            Counted = [20, 21, 22],
            Descriptor = 42,
        };
        device.ByReference = 8;
        (device.Filled[0], device.Filled[1], device.Modes[0], device.Timers[0]) = (1, 2, WideMode.Some, 5);
        (device.Grid[0, 0], device.Grid[0, 1], device.Grid[1, 0], device.Grid[1, 1]) = (1, 2, 3, 4);
        (device.Middle[1], device.Middle[2], device.Tail[3], device.Pointers[0]!.A) = (5, 6, 10, 17);
        device.Tree[new AllKey { Low = 1, High = 2 }] = new AllBox { A = 19 };
        return device;
    }
}
