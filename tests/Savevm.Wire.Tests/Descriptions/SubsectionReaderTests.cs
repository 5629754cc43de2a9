using Savevm.Wire.Descriptions;

namespace Savevm.Wire.Tests.Descriptions;

public class SubsectionReaderTests
{
    private const string Msr = "05 14 'cpu/poll_control_msr' 00000001";

    [Fact]
    public void A_head_is_found_once_it_is_whole()
    {
        byte[] bytes = Hex.Bytes(Msr + "0000000000000001");
        for (int cut = 0; cut < 26; cut++)
        {
            Assert.Equal(SubsectionLookAhead.NeedsMore, SubsectionReader.LookAhead(bytes.AsSpan(0, cut), "cpu"u8, false, out _, out _));
            Assert.Equal(SubsectionLookAhead.None, SubsectionReader.LookAhead(bytes.AsSpan(0, cut), "cpu"u8, true, out _, out int none));
            Assert.Equal(0, none);
        }
        Assert.Equal(SubsectionLookAhead.Found, SubsectionReader.LookAhead(bytes, "cpu"u8, false, out SubsectionHeader header, out int consumed));
        Assert.Equal(26, consumed);
        Assert.Equal(1u, header.Version);
        Assert.Equal("cpu/poll_control_msr"u8, header.Name);
        var writer = new WireWriter();
        SubsectionReader.Write(writer, "cpu/poll_control_msr", 1);
        Assert.Equal(Hex.Normal(Msr), Hex.Text(writer));
    }

    [Theory]
    [InlineData("7e 00000002")]
    [InlineData("00")]
    [InlineData("05 03 'cpu' 00000001")]
    [InlineData("05 00")]
    [InlineData("05 08 'fpu/data' 00000001")]
    [InlineData("05 20 'x'")]
    public void What_belongs_to_something_else_is_told_at_once(string bytes) => Assert.Equal(
        SubsectionLookAhead.None, SubsectionReader.LookAhead(Hex.Bytes(bytes), "cpu"u8, endOfInput: false, out _, out _));

    [Fact]
    public void A_body_is_searched_for_what_looks_like_subsections()
    {
        byte[] body = Hex.Bytes("05 05 05 02 'ab' 00000001 05 03 'a/b' 00010000 0505" + Msr + "05 03 'a/b' 00000002");
        Assert.True(SubsectionReader.TryFindNext(body, out int position, out SubsectionHeader header));
        Assert.Equal("cpu/poll_control_msr"u8, header.Name);
        int next = position + SubsectionReader.HeaderBytes(header.Name.Length);
        Assert.True(SubsectionReader.TryFindNext(body.AsSpan(next), out position, out header));
        Assert.Equal(0, position);
        Assert.Equal(2u, header.Version);
        Assert.False(SubsectionReader.TryFindNext(body.AsSpan(next + 1), out position, out _));
        Assert.Equal(8, position);
    }

    [Fact]
    public void Every_subsection_that_a_real_description_tells_of_is_found_in_its_body()
    {
        byte[] stream = GoldenStream.Load("q100-precopy.devices.gz");
        var found = new List<string>();
        for (int at = 0; SubsectionReader.TryFindNext(stream.AsSpan(at, stream.Length - at - 99700), out int position, out SubsectionHeader header);)
        {
            found.Add(System.Text.Encoding.ASCII.GetString(header.Name));
            at += position + 1;
        }
        VMDescription description = VMDescription.Parse(stream.AsSpan(stream.Length - 99700), 0);
        List<string> told = [.. description.Devices.SelectMany(device => Subsections(device.Body))];
        Assert.NotEmpty(told);
        Assert.Equal(told, found);
    }

    private static IEnumerable<string> Subsections(DescribedStruct structure) =>
        structure.Fields.SelectMany(field => field.Structs).SelectMany(Subsections).Concat(
            structure.Subsections.SelectMany(subsection => Subsections(subsection).Prepend(subsection.VmsdName)));
}
