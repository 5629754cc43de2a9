using Savevm.VMState.Descriptions;
using Savevm.VMState.Loading;

namespace Savevm.VMState.Tests.Descriptions;

public sealed class VersionTests
{
    private static readonly VMStateDescription<Sample> Three = Coded.Builder(version: 3, minimum: 1)
        .Field("u8", static (ref d) => ref d.U8)
        .Field("u16", static (ref d) => ref d.U16, since: 2)
        .Field("u32", static (ref d) => ref d.U32, since: 3)
        .Build();

    private static readonly VMStateDescription<Sample> WithSubsections = Coded.Builder(version: 1)
        .Field("u8", static (ref d) => ref d.U8)
        .PreLoad(static (ref d, _) =>
        {
            d.U16 = 7;
            return null;
        })
        .Subsection(new VMStateBuilder<Sample>("sample/extra", 2, 1)
            .Field("u16", static (ref d) => ref d.U16)
            .Field("flag", static (ref d) => ref d.Flag, since: 2)
            .Needed(static (ref d) => d.U16 != 7)
            .Build())
        .Subsection(new VMStateBuilder<Sample>("sample/other", 0).Field("u32", static (ref d) => ref d.U32).Needed(static (ref d) => d.U32 != 0).Build())
        .Build();

    private const string Extra = "05 0c 73616d706c652f6578747261 00000002";
    private const string Other = "05 0c 73616d706c652f6f74686572 00000000";

    [Theory]
    [InlineData(1u, "01", 1, 0, 0u)]
    [InlineData(2u, "01 0002", 1, 2, 0u)]
    [InlineData(3u, "01 0002 00000003", 1, 2, 3u)]
    public void An_older_state_has_the_fields_of_its_version(uint version, string hex, byte u8, ushort u16, uint u32)
    {
        Sample loaded = Coded.Load(Three, new Sample(), hex, version);
        Assert.Equal((u8, u16, u32), (loaded.U8, loaded.U16, loaded.U32));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(4u)]
    [InlineData(uint.MaxValue)]
    public void A_version_outside_the_range_is_refused_before_anything_is_loaded(uint version)
    {
        VMStateLoadException refused = Coded.Refused(Three, new Sample(), "01", version);
        Assert.Equal(("sample", false, 0), (refused.Section, refused.IsHalfLoaded, refused.LoadedFields));
        Assert.Contains("version 1 to 3", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_devices_that_follow_each_other_in_the_same_bytes_each_is_told_about_alone()
    {
        var codec = new VMStateCodec<Sample>(Three);
        byte[] bytes = Coded.Bytes("01 0002 00000003 09");
        VMStateLoadException refused = Assert.Throws<VMStateLoadException>(() =>
        {
            var loader = new VMStateLoader(bytes, 0x100);
            var device = new Sample();
            codec.Load(ref device, ref loader, 3);
            Assert.Equal(7, loader.Position);
            codec.Load(ref device, ref loader, 4);
        });
        Assert.Equal((0x107L, false, 0), (refused.Offset, refused.IsHalfLoaded, refused.LoadedFields));
    }

    [Fact]
    public void A_state_without_subsections_of_a_newer_device_loads_into_an_older_one()
    {
        VMStateDescription<Sample> older = Coded.Builder(version: 1).Field("u8", static (ref d) => ref d.U8).Build();
        Assert.Equal(5, Coded.Load(older, new Sample(), Coded.Save(WithSubsections, new Sample { U8 = 5, U16 = 7 })).U8);
        VMStateLoadException refused = Coded.Refused(older, new Sample(), Coded.Save(WithSubsections, new Sample { U8 = 5, U16 = 8 }));
        Assert.Contains("sample/extra", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.IsHalfLoaded);
    }

    [Fact]
    public void A_subsection_is_saved_when_it_is_needed_and_absent_it_leaves_what_was_set_before()
    {
        Assert.Equal("05", Coded.Save(WithSubsections, new Sample { U8 = 5, U16 = 7 }));
        Assert.Equal(
            ("05" + Extra + "0009" + "01" + Other + "0000000a").Replace(" ", "", StringComparison.Ordinal),
            Coded.Save(WithSubsections, new Sample { U8 = 5, U16 = 9, Flag = true, U32 = 10 }));
        Assert.Equal(7, Coded.Load(WithSubsections, new Sample(), "05").U16);
        Assert.Equal(9, Coded.Load(WithSubsections, new Sample(), "05" + Extra + "0009 00").U16);
    }

    [Fact]
    public void A_subsection_has_a_version_of_its_own()
    {
        string old = "05" + Extra.Replace("00000002", "00000001", StringComparison.Ordinal) + "0009";
        Assert.Equal(9, Coded.Load(WithSubsections, new Sample(), old).U16);
        string newer = "05" + Extra.Replace("00000002", "00000003", StringComparison.Ordinal) + "000900";
        VMStateLoadException refused = Coded.Refused(WithSubsections, new Sample(), newer);
        Assert.Equal("(sample/extra)", refused.FieldPath);
    }

    [Fact]
    public void Subsections_may_come_in_any_order_and_an_unknown_one_is_refused()
    {
        Sample loaded = Coded.Load(WithSubsections, new Sample(), "05" + Other + "00000001" + Extra + "000901");
        Assert.Equal((1u, 9), (loaded.U32, loaded.U16));
        VMStateLoadException refused = Coded.Refused(WithSubsections, new Sample(), "05 05 08 73616d706c652f78 00000000");
        Assert.Contains("'sample/x'", refused.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_5_that_heads_no_subsection_of_this_name_belongs_to_what_follows()
    {
        VMStateDescription<Sample> description = Coded.Builder()
            .Structs("parts", static (ref d) => d.Parts, 2, Coded.Part)
            .Build();
        Assert.Equal(5, Coded.Load(description, new Sample(), "010002 050304").Parts[1].A);
    }

    [Fact]
    public void A_test_decides_alone()
    {
        VMStateDescription<Sample> description = Coded.Builder(version: 2, minimum: 1)
            .Field("flag", static (ref d) => ref d.Flag)
            .Field("u16", static (ref d) => ref d.U16, since: 9, when: static (ref d, version) => d.Flag && version == 2)
            .Build();
        Assert.Equal("010102", Coded.Save(description, new Sample { Flag = true, U16 = 0x102 }));
        Assert.Equal("00", Coded.Save(description, new Sample { U16 = 0x102 }));
        Assert.Equal(3, Coded.Load(description, new Sample(), "01 0003").U16);
        Assert.Equal(0, Coded.Load(description, new Sample(), "01", version: 1).U16);
    }

    [Fact]
    public void A_versioned_structure_has_the_fields_of_the_version_that_the_field_fixes()
    {
        VMStateDescription<Part> part = new VMStateBuilder<Part>("part", 2, 1)
            .Field("a", static (ref d) => ref d.A)
            .Field("b", static (ref d) => ref d.B, since: 2)
            .Build();
        VMStateDescription<Sample> description = Coded.Builder()
            .VersionedStruct("part", static (ref d) => ref d.Part, part, version: 1)
            .Build();
        Assert.Equal("05", Coded.Save(description, new Sample { Part = new Part { A = 5, B = 6 } }));
        Assert.Equal(7, Coded.Load(description, new Sample(), "07").Part.A);
    }

    [Fact]
    public void Hooks_are_called_around_saving_and_loading_and_their_refusals_are_told()
    {
        string? refusal = null;
        VMStateHook<Sample> Note(string name, bool refuses = false) => (ref Sample d, uint _) =>
        {
            d.Calls.Add(name);
            return refuses ? refusal : null;
        };
        VMStateDescription<Sample> description = Coded.Builder()
            .PreSave(Note("pre-save"))
            .PostSave(Note("post-save"))
            .PreLoad(Note("pre-load"))
            .PostLoad(Note("post-load", refuses: true))
            .Field("u8", static (ref d) => ref d.U8, when: (ref d, _) =>
            {
                d.Calls.Add("field");
                return true;
            })
            .Build();
        var sample = new Sample();
        _ = Coded.Save(description, sample);
        Coded.Load(description, sample, "01");
        Assert.Equal(["pre-save", "field", "post-save", "pre-load", "field", "post-load"], sample.Calls);
        refusal = "the fuse is blown";
        VMStateLoadException refused = Coded.Refused(description, sample, "01");
        Assert.Contains("the fuse is blown", refused.Message, StringComparison.Ordinal);
        Assert.Equal((true, 1, "u8"), (refused.IsHalfLoaded, refused.LoadedFields, refused.LastLoadedField));
    }

    [Fact]
    public void A_device_that_cannot_be_saved_says_why()
    {
        VMStateDescription<Sample> description = Coded.Builder().Unmigratable("it holds a key of the host").Build();
        VMStateSaveException refused = Assert.Throws<VMStateSaveException>(() => Coded.Save(description, new Sample()));
        Assert.Equal("it holds a key of the host", refused.Reason);
    }
}
