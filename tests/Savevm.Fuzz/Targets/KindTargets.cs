using Savevm.Fuzz.Engine;
using Savevm.VMState;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;
using Savevm.Wire;

namespace Savevm.Fuzz.Targets;

/// <summary>One row for each kind of field: hostile bytes are loaded into a device of ours that is described by hand.</summary>
internal static class KindTargets
{
    private static readonly VMStateDescription<KindDevice> Nested = Builder()
        .Field("u8", static (ref d) => ref d.U8)
        .Subsection(new VMStateBuilder<KindDevice>("kind/more", 1).Field("u16", static (ref d) => ref d.U16).Needed(static (ref d) => d.U16 != 3).Build())
        .Build();

    public static IEnumerable<FuzzTarget> Rows { get; } =
    [
        Row(VMStateFieldKind.Int8, Builder().Field("x", static (ref d) => ref d.I8)),
        Row(VMStateFieldKind.Int16, Builder().Field("x", static (ref d) => ref d.I16)),
        Row(VMStateFieldKind.Int32, Builder().Field("x", static (ref d) => ref d.I32)),
        Row(VMStateFieldKind.Int64, Builder().Field("x", static (ref d) => ref d.I64)),
        Row(VMStateFieldKind.UInt8, Builder().Field("x", static (ref d) => ref d.U8)),
        Row(VMStateFieldKind.UInt16, Builder().Field("x", static (ref d) => ref d.U16)),
        Row(VMStateFieldKind.UInt32, Counted().Array("x", static (ref d) => d.Made, "n", static (ref d) => d.Count)
            .AllocatedUpTo(200, static (ref d, count) => d.Made = new uint[count])),
        Row(VMStateFieldKind.UInt64, Counted().Array("x", static (ref d) => d.Words, "n", static (ref d) => d.Count)),
        Row(VMStateFieldKind.Bool, Builder().Field("x", static (ref d) => ref d.Flag), isCanonical: false),
        Row(VMStateFieldKind.UInt8Equal, Builder().Equal("x", static (ref d) => ref d.U8)),
        Row(VMStateFieldKind.UInt16Equal, Builder().Equal("x", static (ref d) => ref d.U16)),
        Row(VMStateFieldKind.Int32Equal, Builder().Equal("x", static (ref d) => ref d.I32)),
        Row(VMStateFieldKind.UInt32Equal, Builder().Equal("x", static (ref d) => ref d.U32)),
        Row(VMStateFieldKind.UInt64Equal, Builder().Equal("x", static (ref d) => ref d.U64)),
        Row(VMStateFieldKind.Int32LessOrEqual, Builder().AtMost("x", static (ref d) => ref d.I32)),
        Row(VMStateFieldKind.Float64, Builder().Float64("x", static (ref d) => ref d.Real)),
        Row(VMStateFieldKind.CpuDouble, Builder().Field("x", static (ref d) => ref d.Real)),
        Row(VMStateFieldKind.Timer, Builder().Timer("x", static (ref d) => ref d.I64)),
        Row(VMStateFieldKind.Buffer, Counted().Buffer("x", static (ref d) => d.Bytes, "n", static (ref d) => d.Count, factor: 2)
            .AllocatedUpTo(300, static (ref d, count) => d.Bytes = new byte[count])),
        Row(VMStateFieldKind.Unused, Counted().Unused(3, "n", static (ref d) => d.Count), isCanonical: false),
        Row(VMStateFieldKind.Bitmap, Counted().Bitmap("x", static (ref d) => d.Words, "n", static (ref d) => d.Count)),
        Row(VMStateFieldKind.Struct, Counted().AllocatedPointers("x", static (ref d) => d.Boxes, "n", static (ref d) => d.Count, Nested, Made)
            .AllocatedUpTo(20, static (ref d, count) => d.Boxes = new KindDevice?[count]), isCanonical: false),
        Row(VMStateFieldKind.VersionedStruct, Builder().VersionedStruct("x", static (ref d) => ref d, Nested, 1), isCanonical: false),
        Row(VMStateFieldKind.Temporary, Builder().Temporary("x", Nested, new KindForm()), isCanonical: false),
        Row(VMStateFieldKind.TailQueue, Builder().Queue("x", static (ref d) => ref d.Queue, Nested, Made), isCanonical: false),
        Row(VMStateFieldKind.List, Builder().List("x", static (ref d) => ref d.Queue, Nested, Made), isCanonical: false),
        Row(VMStateFieldKind.Tree, Builder().Tree("x", static (ref d) => ref d.Tree, Nested, Made), isCanonical: false),
        Row(VMStateFieldKind.CountedName, Builder().CountedName("x", static (ref d) => ref d.Name)),
        Row(VMStateFieldKind.CountedBytes, Builder().CountedBytes("x", static (ref d) => ref d.Bytes)),
        Row(VMStateFieldKind.Descriptor, Builder().Descriptor("x", static (ref d) => ref d.I32)),
        Row(VMStateFieldKind.Custom, Builder().Custom("x", "own", new KindField())),
        Row(VMStateFieldKind.Validation, Counted().Validate("few", static (ref d, _) => d.Count < 100)),
    ];

    private static VMStateBuilder<KindDevice> Builder() => new("kind", 1);

    private static VMStateBuilder<KindDevice> Counted() => Builder().Field("n", static (ref d) => ref d.Count);

    private static KindDevice Made() => new();

    private static FuzzTarget Row(VMStateFieldKind kind, VMStateBuilder<KindDevice> builder, bool isCanonical = true)
    {
        var codec = new VMStateCodec<KindDevice>(builder.Build());
        string name = $"field-{kind.ToString().ToLowerInvariant()}";
        return new FuzzTarget(name, $"a field of kind {kind}, loaded into a device and saved again", input => Load(name, codec, input, isCanonical), () => Seeds(codec))
        {
            MaxBytes = 1024,
            MaxAllocatedBytes = 2 << 20,
            Refusals = [typeof(VMStateLoadException)],
        };
    }

    // What loads is saved, and what was saved loads as itself; where there is one form only, that is what was there at first.
    private static void Load(string name, VMStateCodec<KindDevice> codec, ReadOnlySpan<byte> input, bool isCanonical)
    {
        KindDevice device = Filled();
        var loader = new VMStateLoader(input, Promise.Offset, [5]);
        try
        {
            codec.Load(ref device, ref loader, 1);
        }
        catch (VMStateLoadException refused)
        {
            long at = refused.Offset - Promise.Offset;
            Promise.That(refused.Message.Length > 0 && at >= 0 && at <= input.Length, $"{name}: a refusal says why, and where", $"{at} of {input.Length}");
            throw;
        }
        byte[] saved = Saved(codec, device);
        if (isCanonical)
            Promise.That(saved.AsSpan().SequenceEqual(input[..loader.Position]), $"{name}: is saved as it was loaded", Convert.ToHexStringLower(saved));
        KindDevice again = Filled();
        var second = new VMStateLoader(saved, Promise.Offset, [5]);
        codec.Load(ref again, ref second, 1);
        Promise.That(second.Remaining == 0 && Saved(codec, again).AsSpan().SequenceEqual(saved), $"{name}: what is saved loads as itself", Convert.ToHexStringLower(saved));
    }

    private static byte[] Saved(VMStateCodec<KindDevice> codec, KindDevice device)
    {
        var output = new WireWriter();
        codec.Save(ref device, output);
        return output.WrittenSpan.ToArray();
    }

    private static KindDevice Filled() => new();

    private static IEnumerable<byte[]> Seeds(VMStateCodec<KindDevice> codec)
    {
        foreach (byte count in (byte[])[0, 2, 4])
        {
            var device = new KindDevice
            {
                Count = count,
                Made = new uint[count],
                Bytes = new byte[2 * count],
                Boxes = [.. Enumerable.Range(0, count).Select(turn => turn % 2 == 0 ? new KindDevice { U16 = count } : null)],
                Queue = [.. Enumerable.Range(0, count).Select(turn => new KindDevice { U8 = (byte)turn, U16 = 9 })],
                Name = new string('n', count),
            };
            for (byte turn = 0; turn < count; turn++)
                device.Tree[turn] = new KindDevice { U8 = turn };
            yield return Saved(codec, device);
        }
    }
}
