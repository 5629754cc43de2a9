using Savevm.VMState.Descriptions;

namespace Savevm.VMState.Tests.Descriptions;

/// <summary>The bytes are computed by hand from the page of the wire format.</summary>
public sealed class FieldKindTests
{
    [Fact]
    public void Integers_are_big_endian_and_signed_ones_in_twos_complement()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Field("i8", static (ref d) => ref d.I8)
            .Field("i16", static (ref d) => ref d.I16)
            .Field("i32", static (ref d) => ref d.I32)
            .Field("i64", static (ref d) => ref d.I64)
            .Field("u8", static (ref d) => ref d.U8)
            .Field("u16", static (ref d) => ref d.U16)
            .Field("u32", static (ref d) => ref d.U32)
            .Field("u64", static (ref d) => ref d.U64)
            .Build();
        var sample = new Sample
        {
            I8 = -2,
            I16 = -2,
            I32 = -2,
            I64 = -2,
            U8 = 0x12,
            U16 = 0x1234,
            U32 = 0x12345678,
            U64 = 0x123456789abcdef0,
        };
        const string Hex = "fe fffe fffffffe fffffffffffffffe 12 1234 12345678 123456789abcdef0";
        Assert.Equal(Hex.Replace(" ", "", StringComparison.Ordinal), Coded.Save(description, sample));
        Sample loaded = Coded.Load(description, new Sample(), Hex);
        Assert.Equal((-2, -2, -2, -2L), (loaded.I8, loaded.I16, loaded.I32, loaded.I64));
        Assert.Equal((0x12, 0x1234, 0x12345678u, 0x123456789abcdef0u), (loaded.U8, loaded.U16, loaded.U32, loaded.U64));
    }

    [Fact]
    public void A_truth_value_is_0_or_1_and_every_other_byte_loads_as_true()
    {
        VMStateDescription<Sample> description = Coded.Builder().Field("flag", static (ref d) => ref d.Flag).Build();
        Assert.Equal("01", Coded.Save(description, new Sample { Flag = true }));
        Assert.Equal("00", Coded.Save(description, new Sample()));
        Assert.True(Coded.Load(description, new Sample(), "80").Flag);
        Assert.False(Coded.Load(description, new Sample { Flag = true }, "00").Flag);
    }

    [Fact]
    public void A_double_is_its_bits()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Field("real", static (ref d) => ref d.Real)
            .Float64("again", static (ref d) => ref d.Real)
            .Build();
        Assert.Equal("3ff80000000000003ff8000000000000", Coded.Save(description, new Sample { Real = 1.5 }));
        Assert.Equal(-2.0, Coded.Load(description, new Sample(), "c000000000000000 c000000000000000").Real);
    }

    [Fact]
    public void A_timer_that_is_not_armed_is_all_ones()
    {
        VMStateDescription<Sample> description = Coded.Builder().Timer("timer", static (ref d) => ref d.I64).Build();
        Assert.Equal("ffffffffffffffff", Coded.Save(description, new Sample { I64 = -1 }));
        Assert.Equal(0x0102, Coded.Load(description, new Sample(), "0000000000000102").I64);
    }

    [Fact]
    public void Elements_follow_each_other_without_a_count()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Array("shorts", static (ref d) => d.Shorts, 3)
            .Field("count", static (ref d) => ref d.U8)
            .Array("words", static (ref d) => d.Words, "count", static (ref d) => d.U8)
            .Build();
        var sample = new Sample { Shorts = [1, 2, 0xfffe, 9], U8 = 2, Words = [3, 4, 5] };
        const string Hex = "00010002fffe 02 0000000000000003 0000000000000004";
        Assert.Equal(Hex.Replace(" ", "", StringComparison.Ordinal), Coded.Save(description, sample));
        Sample loaded = Coded.Load(description, new Sample(), Hex);
        Assert.Equal([1, 2, 0xfffe, 0], loaded.Shorts);
        Assert.Equal([3, 4, 0], loaded.Words);
    }

    [Fact]
    public void Buffers_are_raw_and_their_length_may_be_an_earlier_field_times_a_factor()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Buffer("bytes", static (ref d) => d.Bytes, 3)
            .Field("count", static (ref d) => ref d.U32)
            .Buffer("bytes", static (ref d) => d.Bytes, "count", static (ref d) => d.U32, factor: 2)
            .Build();
        var sample = new Sample { Bytes = [1, 2, 3, 4, 5, 6, 7, 8], U32 = 2 };
        Assert.Equal("010203" + "00000002" + "01020304", Coded.Save(description, sample));
        Assert.Equal([9, 8, 7, 6, 0, 0, 0, 0], Coded.Load(description, new Sample(), "010101 00000002 09080706").Bytes);
    }

    [Fact]
    public void Unused_bytes_are_zeros_that_nobody_looks_at()
    {
        VMStateDescription<Sample> description = Coded.Builder().Unused(3).Field("u8", static (ref d) => ref d.U8).Build();
        Assert.Equal("00000007", Coded.Save(description, new Sample { U8 = 7 }));
        Assert.Equal(8, Coded.Load(description, new Sample(), "abcdef 08").U8);
    }

    [Fact]
    public void A_bitmap_is_words_of_eight_bytes()
    {
        VMStateDescription<Sample> description = Coded.Builder().Bitmap("map", static (ref d) => d.Words, 65).Build();
        var sample = new Sample { Words = [1UL << 63, 1, 5] };
        Assert.Equal("8000000000000000" + "0000000000000001", Coded.Save(description, sample));
        Assert.Equal([2, 1, 0], Coded.Load(description, new Sample(), "0000000000000002 0000000000000001").Words);
    }

    [Fact]
    public void A_structure_is_its_fields_and_an_array_of_them_one_after_the_other()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Struct("part", static (ref d) => ref d.Part, Coded.Part)
            .Structs("parts", static (ref d) => d.Parts, 2, Coded.Part)
            .Build();
        var sample = new Sample { Part = new Part { A = 1, B = 2 } };
        sample.Parts[0] = new Part { A = 3, B = 4 };
        sample.Parts[1] = new Part { A = 5, B = 6 };
        Assert.Equal("010002" + "030004" + "050006", Coded.Save(description, sample));
        Sample loaded = Coded.Load(description, new Sample(), "070008 090000 0a000b");
        Assert.Equal((7, 8, 9, 10, 11), (loaded.Part.A, loaded.Part.B, loaded.Parts[0].A, loaded.Parts[1].A, loaded.Parts[1].B));
    }

    [Fact]
    public void A_null_pointer_is_the_digit_0_and_the_loading_device_knows_where()
    {
        VMStateDescription<Sample> description = Coded.Builder().Pointers("boxes", static (ref d) => d.Boxes, 3, Coded.Box).Build();
        var sample = new Sample { Boxes = [new PartBox { A = 1, B = 2 }, null, new PartBox { A = 3, B = 4 }] };
        Assert.Equal("010002" + "30" + "030004", Coded.Save(description, sample));
        Sample loaded = Coded.Load(description, new Sample { Boxes = [null, new PartBox(), null] }, "30 050006 30");
        Assert.Equal(5, loaded.Boxes[1]!.A);
        VMStateLoadException refused = Coded.Refused(description, new Sample { Boxes = [null, new PartBox(), null] }, "31 050006 30");
        Assert.Equal("boxes[0]", refused.FieldPath);
        Assert.Equal("0x31", refused.Found);
    }

    [Fact]
    public void A_queue_has_a_mark_before_each_element_and_one_at_the_end()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Queue("queue", static (ref d) => ref d.Queue, Coded.Box, static () => new PartBox())
            .List("again", static (ref d) => ref d.Queue, Coded.Box, static () => new PartBox())
            .Build();
        var sample = new Sample { Queue = [new PartBox { A = 1, B = 2 }, new PartBox { A = 3, B = 4 }] };
        Assert.Equal("01010002" + "01030004" + "00" + "01010002" + "01030004" + "00", Coded.Save(description, sample));
        Assert.Equal([7, 9], Coded.Load(description, sample, "00 01070008 ff09000a 00").Queue.Select(box => (int)box.A));
    }

    [Fact]
    public void A_tree_has_a_count_and_keys_in_order()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Tree("tree", static (ref d) => ref d.Tree, Coded.Box, static () => new PartBox())
            .Build();
        var sample = new Sample();
        sample.Tree[0x20] = new PartBox { A = 2 };
        sample.Tree[0x10] = new PartBox { A = 1 };
        const string Hex = "00000002" + "010000000000000010010000" + "010000000000000020020000" + "00";
        Assert.Equal(Hex, Coded.Save(description, sample));
        Assert.Equal<ulong>([0x10, 0x20], [.. Coded.Load(description, new Sample(), Hex).Tree.Keys]);
        Assert.Equal("tree", Coded.Refused(description, new Sample(), "00000001 00").FieldPath);
        Assert.Equal("tree", Coded.Refused(description, new Sample(), "00000000 01 0000000000000010 010000 00").FieldPath);
    }

    [Fact]
    public void Names_and_byte_arrays_stand_behind_their_length()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .CountedName("name", static (ref d) => ref d.Name)
            .CountedBytes("bytes", static (ref d) => ref d.Bytes)
            .Build();
        Assert.Equal("026162" + "00000001" + "ff", Coded.Save(description, new Sample { Name = "ab", Bytes = [0xff] }));
        Sample loaded = Coded.Load(description, new Sample(), "0178 00000003 010203");
        Assert.Equal("x", loaded.Name);
        Assert.Equal([1, 2, 3], loaded.Bytes);
        Assert.Equal("name", Coded.Refused(description, new Sample(), "0107 00000000").FieldPath);
    }

    [Fact]
    public void A_number_that_is_checked_must_be_what_the_device_has()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Equal("u8", static (ref d) => ref d.U8)
            .Equal("u16", static (ref d) => ref d.U16)
            .Equal("u32", static (ref d) => ref d.U32)
            .Equal("u64", static (ref d) => ref d.U64)
            .AtMost("i32", static (ref d) => ref d.I32)
            .Build();
        Sample Device() => new() { U8 = 1, U16 = 2, U32 = 3, U64 = 4, I32 = 5 };
        const string Hex = "01 0002 00000003 0000000000000004";
        Assert.Equal("01" + "0002" + "00000003" + "0000000000000004" + "00000005", Coded.Save(description, Device()));
        Assert.Equal(3, Coded.Load(description, Device(), Hex + "00000003").I32);
        VMStateLoadException refused = Coded.Refused(description, Device(), "01 0002 00000009 0000000000000004 00000005");
        Assert.Equal(("u32", 3L, "9"), (refused.FieldPath, refused.Offset, refused.Found));
        Assert.Equal("i32", Coded.Refused(description, Device(), Hex + "00000006").FieldPath);
        Assert.Equal("i32", Coded.Refused(description, Device(), Hex + "ffffffff").FieldPath);
    }

    [Fact]
    public void A_condition_has_no_bytes_and_refuses_what_does_not_meet_it()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Field("u8", static (ref d) => ref d.U8)
            .Validate("u8 is even", static (ref d, _) => d.U8 % 2 == 0)
            .Build();
        Assert.Equal("04", Coded.Save(description, new Sample { U8 = 4 }));
        Assert.Equal("u8 is even", Coded.Refused(description, new Sample(), "05").FieldPath);
        Assert.Throws<VMStateSaveException>(() => Coded.Save(description, new Sample { U8 = 5 }));
    }
}
