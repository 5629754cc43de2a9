using CsCheck;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.VMState.Saving;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Generator;

/// <summary>Straight-line code against the description, field by field: the fast way and its slow, obvious twin.</summary>
public sealed class GeneratedCodeTests
{
    private static readonly VMStateDescription<WideDevice> Description = WideDevice.StateDescription;
    private static readonly VMStateCodec<WideDevice> Codec = new(Description);

    private static readonly Gen<WideDevice> Devices = Gen.Int.Select(seed =>
    {
        var random = new Random(seed);
        var device = new WideDevice
        {
            U8 = (byte)random.Next(),
            I8 = (sbyte)random.Next(),
            U16 = (ushort)random.Next(),
            I16 = (short)random.Next(),
            U32 = (uint)random.NextInt64(),
            I32 = (int)random.NextInt64(),
            U64 = (ulong)random.NextInt64() << 1,
            I64 = -random.NextInt64(),
            Flag = random.Next(2) == 0,
            Real = random.NextDouble() * 1e9,
            Mode = random.Next(2) == 0 ? WideMode.None : WideMode.Some,
            Count = (byte)random.Next(5),
            Timer = random.NextInt64() - 1,
            Part = new WidePart { A = (byte)random.Next(), B = (ulong)random.NextInt64() },
            Optional = (uint)random.Next(),
            Inner = (uint)random.Next(2),
            Deep = (uint)random.Next(2),
        };
        random.NextBytes(device.Bytes);
        foreach (ref ushort value in device.Shorts.AsSpan())
            value = (ushort)random.Next();
        foreach (ref long value in device.Longs.AsSpan())
            value = random.NextInt64();
        foreach (ref uint value in device.Words.AsSpan())
            value = (uint)random.Next();
        for (int i = random.Next(3); i > 0; i--)
            device.Queue.Add(new WidePart { A = (byte)i });
        return device;
    });

    [Fact]
    public void Both_ways_save_the_same_bytes_and_load_the_same_device() => Devices.Sample(device =>
    {
        byte[] fast = Save(device);
        var described = new WireWriter();
        Codec.SaveDescribed(ref device, described, DescriptionDialect.Qemu100);
        Assert.Equal(fast, described.WrittenSpan.ToArray());

        var loaded = new WideDevice();
        Codec.Load(ref loaded, fast, Description.Version);
        Assert.Equal(fast, Save(loaded));

        var slow = new WideDevice();
        var loader = new VMStateLoader(fast);
        Description.LoadFields(ref slow, ref loader, Description.Version, 0, Description.Fields.Count);
        slow.Inner = device.Inner;
        slow.Deep = device.Deep;
        Assert.Equal(fast, Save(slow));
    }, iter: 300);

    [Fact]
    public void Both_ways_refuse_a_cut_state_in_the_same_words() => Devices.Sample(device =>
    {
        byte[] whole = Save(device);
        for (int length = 0; length < 150; length++)
        {
            byte[] cut = whole[..Math.Min(length, whole.Length - 1)];
            var loader = new VMStateLoader(cut);
            string? expected = null;
            try
            {
                var one = new WideDevice();
                Description.LoadFields(ref one, ref loader, Description.Version, 0, Description.Fields.Count);
            }
            catch (VMStateLoadException exception)
            {
                expected = $"{exception.FieldPath} {exception.Offset} {exception.Expected} {exception.Found}";
            }
            if (expected is null)
                continue;
            VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() =>
            {
                var other = new WideDevice();
                Codec.Load(ref other, cut, Description.Version);
            });
            Assert.Equal(expected, $"{refused.FieldPath} {refused.Offset} {refused.Expected} {refused.Found}");
        }
    }, iter: 20);

    [Theory]
    [InlineData(2u, 16 + 24)]
    [InlineData(3u, 24)]
    [InlineData(4u, 0)]
    public void An_older_state_lacks_the_fields_since_then(uint version, int fewer)
    {
        var device = new WideDevice { U8 = 1, Flag = true, Real = 2.5, Count = 2, Timer = 7, Optional = 8 };
        byte[] newest = Save(device);
        // U64 and I64 stand behind 14 bytes, the array of longs behind 42 more.
        byte[] old = version switch
        {
            2 => [.. newest[..14], .. newest[30..(30 + 31)], .. newest[(30 + 31 + 24)..]],
            3 => [.. newest[..61], .. newest[85..]],
            _ => newest,
        };
        Assert.Equal(newest.Length - fewer, old.Length);
        var loaded = new WideDevice();
        Codec.Load(ref loaded, old, version);
        Assert.Equal(newest, Save(loaded));
    }

    [Fact]
    public void An_array_that_is_too_short_is_refused_by_name()
    {
        var device = new WideDevice { Count = 5 };
        Assert.Equal("Words", Assert.Throws<VMStateSaveException>(() => Save(device)).Device);
        byte[] whole = Save(new WideDevice());
        whole[85] = 5;
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() => Codec.Load(ref device, whole, 4));
        Assert.Equal(("Words", "Count"), (refused.FieldPath, refused.LastLoadedField));
    }

    [Fact]
    public void Hooks_of_a_class_are_called_and_their_refusal_is_told()
    {
        byte[] whole = Save(new WideDevice { Mode = WideMode.Forbidden });
        var device = new WideDevice { Inner = 5 };
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() => Codec.Load(ref device, whole, 4));
        Assert.Contains("forbidden since version 4", refused.Message, StringComparison.Ordinal);
        Assert.Equal((1, 0u), (device.Loads, device.Inner));
    }

    [Fact]
    public void Saving_and_loading_again_and_again_allocates_nothing()
    {
        var device = new WideDevice { Count = 4, Flag = true, Inner = 1, Deep = 2 };
        var output = new WireWriter(4096);
        var saver = new VMStateSaver(output);
        byte[] whole = Save(device);
        long least = long.MaxValue;
        for (int turn = 0; turn < 20; turn++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                output.Clear();
                Codec.Save(ref device, saver);
                Codec.Load(ref device, whole, 4);
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    private static byte[] Save(WideDevice device)
    {
        var output = new WireWriter();
        Codec.Save(ref device, output);
        return output.WrittenSpan.ToArray();
    }
}
