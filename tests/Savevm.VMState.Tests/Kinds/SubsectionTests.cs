using Savevm.VMState.Descriptions;
using Savevm.VMState.Tests.Descriptions;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>States with and without subsections, two deep, in bytes that were written by hand.</summary>
public sealed class SubsectionTests
{
    // A mark, a length, "sample/in" or "sample/in/deep", and a version.
    private const string In = "05 09 73616d706c652f696e ";
    private const string Deep = "05 0e 73616d706c652f696e2f64656570 ";
    private const string One = "00000001 ";
    private const string Two = "00000002 ";

    private static readonly VMStateDescription<Sample> Device = Coded.Builder()
        .Field("u8", static (ref d) => ref d.U8)
        .PreLoad(static (ref d, _) =>
        {
            (d.U16, d.U32, d.Flag) = (7, 8, false);
            return null;
        })
        .Subsection(new VMStateBuilder<Sample>("sample/in", 2, 1)
            .Field("u16", static (ref d) => ref d.U16)
            .Field("flag", static (ref d) => ref d.Flag, since: 2)
            .Needed(static (ref d) => d.U16 != 7 || d.U32 != 8)
            .Subsection(new VMStateBuilder<Sample>("sample/in/deep", 1)
                .Field("u32", static (ref d) => ref d.U32)
                .Needed(static (ref d) => d.U32 != 8)
                .Build())
            .Build())
        .Build();

    [Theory]
    [InlineData("01", 7, 8u, false)]
    [InlineData("01" + In + Two + "0009 01", 9, 8u, true)]
    [InlineData("01" + In + Two + "0007 00" + Deep + One + "0000000a", 7, 10u, false)]
    public void What_is_needed_is_saved_and_what_is_absent_is_as_before(string hex, int u16, uint u32, bool flag)
    {
        Sample loaded = Coded.Load(Device, new Sample { U16 = 1, U32 = 1, Flag = true }, hex);
        Assert.Equal((u16, u32, flag), (loaded.U16, loaded.U32, loaded.Flag));
        Assert.Equal(hex.Replace(" ", "", StringComparison.Ordinal), Coded.Save(Device, loaded));
    }

    [Fact]
    public void An_older_subsection_has_the_fields_of_its_version_and_what_is_nested_in_it()
    {
        Sample loaded = Coded.Load(Device, new Sample(), "01" + In + One + "0009" + Deep + One + "0000000a");
        Assert.Equal((9, 10u, false), (loaded.U16, loaded.U32, loaded.Flag));
    }

    [Theory]
    // Newer than the device knows, and older than it takes.
    [InlineData("01" + In + "00000003 0009 01", "(sample/in)", "3")]
    [InlineData("01" + In + "00000000 0009", "(sample/in)", "0")]
    [InlineData("01" + In + Two + "0009 01" + Deep + Two + "0000000a", "(sample/in).(sample/in/deep)", "2")]
    // Unknown: of the device, of the subsection, and one that is known elsewhere.
    [InlineData("01 05 08 73616d706c652f78" + One, "", "'sample/x'")]
    [InlineData("01" + In + Two + "0009 01 05 0b 73616d706c652f696e2f78" + One, "(sample/in)", "'sample/in/x'")]
    [InlineData("01" + Deep + One + "0000000a", "", "'sample/in/deep'")]
    // Cut within.
    [InlineData("01" + In + Two + "00", "(sample/in).u16", "1, where the section ends")]
    [InlineData("01" + In + Two + "0009 01" + Deep + One + "0000", "(sample/in).(sample/in/deep).u32", "2, where the section ends")]
    public void What_does_not_fit_is_refused_by_name(string hex, string path, string found)
    {
        VMStateLoadException refused = Coded.Refused(Device, new Sample(), hex);
        Assert.Equal((path, found, true), (refused.FieldPath, refused.Found, refused.IsHalfLoaded));
    }
}
