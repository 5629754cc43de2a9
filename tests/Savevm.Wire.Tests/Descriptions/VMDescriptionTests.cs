using System.Text;
using Savevm.Wire.Descriptions;

namespace Savevm.Wire.Tests.Descriptions;

public class VMDescriptionTests
{
    [Fact]
    public void Fields_add_up_with_their_counts_and_without_what_is_nested_in_them()
    {
        // 8 + 16 x 8 + 8 x 10 = 216, and a subsection of 1 + 1 + 21 + 4 + 8 = 35.
        VMDescription description = Parse("""
            {"configuration": {"vmsd_name": "configuration", "version": 1, "fields": [{"name": "len", "size": 4}]},
             "page_size": 4096,
             "devices": [{"name": "cpu", "instance_id": 3, "vmsd_name": "cpu", "version": 12, "fields": [
               {"name": "a", "type": "int64", "size": 8},
               {"name": "env.regs", "array_len": 16, "type": "uint64", "size": 8},
               {"name": "env.fpregs", "array_len": 8, "type": "struct", "struct": {"vmsd_name": "fpreg", "version": 0,
                 "fields": [{"name": "tmp_mant", "size": 8}, {"name": "tmp_exp", "size": 2}],
                 "subsections": [{"vmsd_name": "fpreg/x", "version": 1, "fields": []}]}, "size": 10}],
               "subsections": [{"vmsd_name": "cpu/poll_control_msr_", "version": 1, "fields": [
                 {"name": "env.poll_control_msr", "type": "uint64", "size": 8}]}]}]}
            """);
        Assert.Equal(new VMDescriptionEntry("cpu", 3, 12, 251), Assert.Single(description.Entries));
    }

    [Fact]
    public void Subsections_nest()
    {
        // 6 + 1 + 2 and inside it 6 + 3 + 5.
        VMDescription description = Parse("""
            {"devices": [{"name": "d", "instance_id": 0, "version": 1, "fields": [], "subsections": [
              {"vmsd_name": "a", "fields": [{"size": 2}], "subsections": [{"vmsd_name": "a/b", "fields": [{"size": 5}]}]}]}]}
            """);
        Assert.Equal(23, Assert.Single(description.Entries).BodyBytes);
    }

    [Fact]
    public void A_container_repeats_keys_and_counts_once()
    {
        VMDescription description = Parse("""
            {"devices": [{"name": "d", "instance_id": 0, "version": 1, "fields": [{"name": "list", "type": "qtailq",
              "vmsd_name": "e", "version": 1, "fields": [{"name": "x", "size": 4}],
              "vmsd_name": "e", "version": 1, "fields": [{"name": "x", "size": 4}], "size": 11}]}]}
            """);
        Assert.Equal(11, Assert.Single(description.Entries).BodyBytes);
    }

    [Fact]
    public void A_hand_written_device_has_its_size_and_no_version()
    {
        VMDescription description = Parse("""
            {"devices": [{"name": "slirp", "instance_id": 0, "size": 131, "fields": [{"name": "data", "size": 131, "type": "buffer"}]}]}
            """);
        Assert.Equal(new VMDescriptionEntry("slirp", 0, null, 131), Assert.Single(description.Entries));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"devices\": []}")]
    public void Nothing_described_is_no_entries(string json) => Assert.Empty(Parse(json).Entries);

    [Theory]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"devices\": {}}")]
    [InlineData("{\"devices\": [1]}")]
    [InlineData("{\"devices\": [{}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\"}]}")]
    [InlineData("{\"devices\": [{\"name\": 5, \"instance_id\": 0}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\\n\", \"instance_id\": 0}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": -1}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 4294967296}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 0, \"fields\": [{\"size\": -1}]}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 0, \"fields\": [{\"size\": 1.5}]}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 0, \"fields\": [{\"size\": 18446744073709551615}]}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 0, \"fields\": [{\"size\": 65536, \"array_len\": 65536}]}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 0, \"fields\": [{\"size\": 268435456}, {\"size\": 1}]}]}")]
    [InlineData("{\"devices\": [{\"name\": \"d\", \"instance_id\": 0, \"subsections\": [{\"fields\": []}]}]}")]
    public void Text_that_is_no_description_is_refused(string json)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        var defect = Assert.Throws<WireException>(() => VMDescription.Parse(text, 0x100));
        Assert.InRange(defect.Offset, 0x100, 0x100 + text.Length);
    }

    [Fact]
    public void Text_that_is_too_deep_is_refused()
    {
        string Nested(int depth) => "{\"x\": " + new string('[', depth) + new string(']', depth) + "}";
        Assert.Empty(Parse(Nested(63)).Entries);
        Assert.Throws<WireException>(() => Parse(Nested(64)));
        Assert.Throws<WireException>(() => Parse(Nested(100_000)));
    }

    [Fact]
    public void Every_prefix_of_a_description_is_refused()
    {
        byte[] json = """
            {"page_size": 4096, "devices": [{"name": "d", "instance_id": 0, "version": 1, "fields": [{"size": 5}]}]}
            """u8.ToArray();
        for (int cut = 1; cut < json.Length; cut++)
        {
            byte[] prefix = json[..cut];
            Assert.Throws<WireException>(() => VMDescription.Parse(prefix, 0));
        }
        Assert.Single(VMDescription.Parse(json, 0).Entries);
    }

    private static VMDescription Parse(string json) => VMDescription.Parse(Encoding.UTF8.GetBytes(json), 0);
}
