using System.Text;
using Savevm.VMState.Comparing;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Imports;
using Savevm.VMState.Tests.Descriptions;
using Savevm.Wire;

namespace Savevm.VMState.Tests.Imports;

/// <summary>Dumps written by hand; those of real QEMUs are in the tests that run one.</summary>
public sealed class MachineDumpTests
{
    private const string U8 = "{\"field\": \"u8\", \"version_id\": 0, \"field_exists\": false, \"size\": 1}";
    private const string U16 = "{\"field\": \"u16\", \"version_id\": 2, \"field_exists\": false, \"size\": 2}";
    private const string Words = "{\"field\": \"words\", \"version_id\": 0, \"field_exists\": true, \"num\": 3, \"size\": 8}";
    private const string Extra = "{\"name\": \"sample/extra\", \"version_id\": 1, \"minimum_version_id\": 1, \"Fields\": [" + U8 + "]}";

    private static readonly VMStateDescription Ours = Builder(static builder => builder.Field("u16", static (ref d) => ref d.U16, since: 2)).Build();

    [Fact]
    public void A_description_of_ours_is_that_of_the_dump() => Assert.Empty(Differences(U8, U16, Words));

    [Theory]
    [InlineData("\"size\": 2", "\"size\": 4", "sample/u16: Resized: 4 to 2")]
    [InlineData("\"version_id\": 2", "\"version_id\": 3", "sample/u16: Reversioned: 3 to 2")]
    [InlineData("\"field_exists\": false", "\"field_exists\": true", "sample/u16: Reconditioned: by a test to since version 2")]
    [InlineData("\"u16\"", "\"other\"", "sample/u16: Added: uint16 2")]
    public void What_differs_is_told(string old, string changed, string expected) =>
        Assert.Contains(expected, Differences(U8, U16.Replace(old, changed, StringComparison.Ordinal), Words));

    [Fact]
    public void Counts_orders_versions_and_subsections_are_compared()
    {
        Assert.Equal(["sample/words: Recounted: 4 to 3"], Differences(U8, U16, Words.Replace("\"num\": 3", "\"num\": 4", StringComparison.Ordinal)));
        Assert.Equal(["sample/u16: Added: uint16 2", "sample/words: Added: uint64 8"], Differences(U8));
        VMStateDescription dump = Parse(U8, U16, Words).Devices["sample-type"];
        VMStateDescription lower = new VMStateBuilder<Sample>("sample", 1).Build();
        Assert.Equal("sample: VersionLowered: 3 to 1", DescriptionComparer.Compare(dump, lower)[0].ToString());
        VMStateDescription higher = new VMStateBuilder<Sample>("other", 5, 4).Build();
        Assert.Equal(
            ["other: Renamed: sample to other", "other: VersionRefused: 3 to 4"],
            DescriptionComparer.Compare(dump, higher).Take(2).Select(difference => difference.ToString()));
    }

    [Fact]
    public void A_field_that_became_bytes_without_meaning_is_not_removed()
    {
        VMStateDescription unused = Builder(static builder => builder.Unused(2, since: 2)).Build();
        Assert.Empty(DescriptionComparer.Compare(Parse(U8, U16, Words).Devices["sample-type"], unused));
        VMStateDescription fewer = Builder(static builder => builder.Unused(1, since: 2)).Build();
        Assert.NotEmpty(DescriptionComparer.Compare(Parse(U8, U16, Words).Devices["sample-type"], fewer));
    }

    [Fact]
    public void Shapes_are_neither_saved_nor_loaded()
    {
        var codec = new VMStateCodec<FieldBag>((VMStateDescription<FieldBag>)Parse(U8).Devices["sample-type"]);
        var bag = new FieldBag();
        Assert.Throws<VMStateSaveException>(() => codec.Save(ref bag, new WireWriter()));
        Assert.Throws<VMStateLoadException>(() => codec.Load(ref bag, [1], 3));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"a\": 1}")]
    [InlineData("{\"a\": {\"Description\": {}}}")]
    [InlineData("{\"a\": {\"Description\": {\"name\": \"\", \"version_id\": 1, \"minimum_version_id\": 1}}}")]
    [InlineData("{\"a\": {\"Description\": {\"name\": \"a\", \"version_id\": 1, \"minimum_version_id\": 2}}}")]
    [InlineData("{\"a\": {\"Description\": {\"name\": \"a\", \"version_id\": -1, \"minimum_version_id\": 1}}}")]
    [InlineData("{\"a\": {\"Description\": {\"name\": null, \"version_id\": 1, \"minimum_version_id\": 1}}}")]
    public void What_is_no_dump_is_refused(string text) => Assert.Throws<WireException>(() => MachineDump.Parse(Encoding.UTF8.GetBytes(text)));

    private static VMStateBuilder<Sample> Builder(Func<VMStateBuilder<Sample>, VMStateBuilder<Sample>> second) =>
        second(Coded.Builder(version: 3, minimum: 1).Field("u8", static (ref d) => ref d.U8))
            .Array("words", static (ref d) => d.Words, 3, when: static (ref _, _) => true)
            .Subsection(new VMStateBuilder<Sample>("sample/extra", 1).Field("u8", static (ref d) => ref d.U8).Build());

    private static string[] Differences(params string[] fields) =>
        [.. DescriptionComparer.Compare(Parse(fields).Devices["sample-type"], Ours).Select(difference => difference.ToString())];

    private static MachineDump Parse(params string[] fields)
    {
        MachineDump dump = MachineDump.Parse(Encoding.UTF8.GetBytes(
            "{\"vmschkmachine\": {\"Name\": \"pc\"}, \"sample-type\": {\"Name\": \"sample-type\", \"version_id\": 3, \"minimum_version_id\": 1, "
            + "\"Description\": {\"name\": \"sample\", \"version_id\": 3, \"minimum_version_id\": 1, \"Fields\": ["
            + string.Join(", ", fields) + "], \"Subsections\": [" + Extra + "]}}}"));
        Assert.Equal("pc", dump.Machine);
        return dump;
    }
}
