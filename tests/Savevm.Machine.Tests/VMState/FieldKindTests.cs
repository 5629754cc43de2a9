using Savevm.Machine.VMState.Tree;

namespace Savevm.Machine.Tests.VMState;

/// <summary>Every kind of field of chapter 3 of docs/wire-format.md, by bytes written by hand.</summary>
public class FieldKindTests
{
    [Theory]
    [InlineData("uint8", 1, "fe", "0xfe")]
    [InlineData("uint16", 2, "0102", "0x0102")]
    [InlineData("uint32", 4, "01020304", "0x01020304")]
    [InlineData("uint64", 8, "0102030405060708", "0x0102030405060708")]
    [InlineData("int8", 1, "fe", "-2")]
    [InlineData("int16", 2, "fffd", "-3")]
    [InlineData("int32", 4, "fffffffc", "-4")]
    [InlineData("int64", 8, "fffffffffffffffb", "-5")]
    [InlineData("bool", 1, "00", "false")]
    [InlineData("bool", 1, "01", "true")]
    [InlineData("uint8 equal", 1, "05", "0x05")]
    [InlineData("uint16 equal", 2, "0005", "0x0005")]
    [InlineData("int32 equal", 4, "00000005", "5")]
    [InlineData("uint32 equal", 4, "00000005", "0x00000005")]
    [InlineData("int64 equal", 8, "ffffffffffffffff", "0xffffffffffffffff")]
    [InlineData("int32 le", 4, "00000002", "2")]
    [InlineData("CPU_Double_U", 8, "3ff8000000000000", "1.5")]
    [InlineData("timer", 8, "ffffffffffffffff", "-1")]
    [InlineData("timer", 8, "000000003b9aca00", "1000000000")]
    [InlineData("buffer", 3, "0a0b0c", "0a0b0c")]
    [InlineData("unused_buffer", 2, "0000", "0000")]
    [InlineData("fd", 1, "20", "0x20")]
    [InlineData("capability", 4, "03 'abc'", "abc")]
    [InlineData("nullptr", 1, "30", "null")]
    [InlineData("ptr-marker", 1, "30", "null")]
    [InlineData("ptr-marker", 1, "31", "present")]
    public void A_value_is_read(string type, int size, string body, string expected)
    {
        DecodedNode node = Described.Field($"{{'name':'f','type':'{type}','size':{size}}}", body);
        Assert.Equal(("f", type, 0, size), (node.Name, node.Type, node.BodyOffset, node.Bytes));
        Assert.Equal(expected, node.Value.ToText());
    }

    [Fact]
    public void Bits_of_a_bitmap_are_counted_from_the_low_end_of_each_word()
    {
        DecodedValue bits = Described.Field("{'name':'f','type':'bitmap','size':16}", "0000000000000005 8000000000000000").Value;
        Assert.Equal([0, 2, 127], Enumerable.Range(0, 128).Where(bits.Bit));
    }

    [Theory]
    [InlineData("{'name':'f','array_len':3,'type':'uint16','size':2}")]
    [InlineData("{'name':'f','index':0,'type':'uint16','size':2},{'name':'f','index':1,'type':'uint16','size':2},{'name':'f','index':2,'type':'uint16','size':2}")]
    [InlineData("{'name':'f','index':0,'type':'uint16','size':2},{'name':'f','index':1,'type':'uint16','size':2},{'name':'f','type':'uint16','size':2}")]
    [InlineData("{'name':'f','type':'uint16','size':2},{'name':'f','type':'uint16','size':2},{'name':'f','type':'uint16','size':2}")]
    public void An_array_of_numbers_is_one_node_however_it_is_described(string fields)
    {
        DecodedNode node = Described.Field(fields, "0001 0002 0003");
        Assert.Equal(NodeKind.Value, node.Kind);
        Assert.Equal([1UL, 2, 3], Enumerable.Range(0, node.Value.Count).Select(i => node.Value.AsUnsigned(i)));
    }

    [Fact]
    public void A_bool_that_is_neither_is_shown_and_noted()
    {
        DecodedDevice device = Described.Decode("{'name':'f','type':'bool','size':1}", "07");
        Assert.Equal("0x07", device.Root.Children[0].Value.ToText());
        Assert.True(device.Root.Children[0].Value.IsTrue());
        Assert.Equal(0, Assert.Single(device.Defects).BodyOffset);
    }

    [Fact]
    public void Arrays_of_structures_look_alike_in_all_generations()
    {
        const string Pair = "'type':'struct','struct':{'vmsd_name':'p','version':1,'fields':[{'name':'a','type':'uint8','size':1},{'name':'b','type':'uint8','size':1}]},'size':2";
        string[] generations =
        [
            $"{{'name':'f','array_len':2,{Pair}}}",
            $"{{'name':'f','index':0,{Pair}}},{{'name':'f','index':1,{Pair}}}",
            $"{{'name':'f','index':0,{Pair}}},{{'name':'f',{Pair}}}",
            $"{{'name':'f',{Pair}}},{{'name':'f',{Pair}}}",
        ];
        string[] trees = [.. generations.Select(fields => TreeText.Of(Described.Decode(fields, "01020304")))];
        Assert.All(trees, tree => Assert.Equal(trees[0], tree));
        DecodedNode array = Described.Field(generations[0], "01020304");
        Assert.Equal(4UL, array.FindPath("f[1]", "b")!.Value.AsUnsigned());
        Assert.Equal(3, array.Find("f[1]")!.Find("b")!.BodyOffset);
    }

    [Theory]
    [InlineData("{'name':'f','index':0,'type':'struct','struct':{},'size':1},{'name':'f','index':1,PAIR}")]
    [InlineData("{'name':'f','index':0,'type':'nullptr','size':1},{'name':'f',PAIR}")]
    [InlineData("{'name':'f','type':'ptr-marker','size':1},{'name':'f',PAIR}")]
    public void Null_pointers_are_elements(string fields)
    {
        const string Pair = "'type':'struct','struct':{'vmsd_name':'p','version':1,'fields':[{'name':'a','type':'uint16','size':2}]},'size':2";
        DecodedNode array = Described.Field(fields.Replace("PAIR", Pair), "30 0007");
        Assert.Equal(ValueKind.NullPointer, array.Find("f[0]")!.Value.Kind);
        Assert.Equal(7UL, array.FindPath("f[1]", "a")!.Value.AsUnsigned());
    }

    [Fact]
    public void A_mark_before_an_element_is_none_itself()
    {
        const string Element = "{'name':'f','type':'struct','struct':{'vmsd_name':'p','version':1,'fields':[{'name':'a','type':'uint8','size':1}]},'size':1}";
        const string Mark = "{'name':'f','type':'ptr-marker','size':1}";
        DecodedNode array = Described.Field($"{Mark},{Element},{Mark},{Mark},{Element}", "31 05 30 31 06");
        Assert.Equal(5UL, array.FindPath("a")?.Value.AsUnsigned() ?? array.Children[1].Find("a")!.Value.AsUnsigned());
        Assert.Equal([0, 0, 1, 2, 2], array.Children.Select(child => child.Index!.Value));
        Assert.Equal(ValueKind.NullPointer, array.Children[2].Value.Kind);
    }

    [Theory]
    [InlineData("tmp", "'vmsd_name':'t','version':2,'fields':[FIELD]")]
    [InlineData("vstruct", "'vmsd_name':'t','version':2,'fields':[FIELD]")]
    [InlineData("struct", "'struct':{'vmsd_name':'t','version':2,'fields':[FIELD]}")]
    public void A_structure_has_its_fields(string type, string nested)
    {
        string text = nested.Replace("FIELD", "{'name':'a','type':'uint16','size':2}");
        DecodedNode node = Described.Field($"{{'name':'f','type':'{type}',{text},'size':2}}", "0102");
        Assert.Equal((NodeKind.Struct, "t", 2u), (node.Kind, node.VmsdName, node.Version));
        Assert.Equal(0x102UL, node.Find("a")!.Value.AsUnsigned());
    }

    [Theory]
    [InlineData("qtailq")]
    [InlineData("qlist")]
    public void A_queue_has_elements_behind_marks(string type)
    {
        const string Element = "'vmsd_name':'e','version':1,'fields':[{'name':'a','type':'uint16','size':2}]";
        DecodedNode node = Described.Field($"{{'name':'f','type':'{type}',{Element},{Element},'size':7}}", "01 0005 01 0006 00");
        Assert.Equal(NodeKind.Container, node.Kind);
        Assert.Equal([5UL, 6], node.Children.Select(child => child.Find("a")!.Value.AsUnsigned()));
        Assert.Equal("f[1]", node.Children[1].Label);
    }

    [Fact]
    public void A_queue_without_elements_is_its_end_mark() =>
        Assert.Empty(Described.Field("{'name':'f','type':'qtailq','size':1}", "00").Children);

    [Fact]
    public void A_tree_with_numbers_as_keys()
    {
        const string Element = "'vmsd_name':'e','version':1,'fields':[{'name':'a','type':'uint16','size':2}]";
        DecodedNode node = Described.Field(
            $"{{'name':'f','type':'gtree',{Element},{Element},'size':27}}", "00000002 01 0000000000000009 0005 01 000000000000000a 0006 00");
        Assert.Equal([9UL, 10], node.Children.Select(child => child.Find("key")!.Value.AsUnsigned()));
        Assert.Equal([5UL, 6], node.Children.Select(child => child.Find("a")!.Value.AsUnsigned()));
    }

    [Fact]
    public void A_tree_with_structures_as_keys()
    {
        const string Key = "'vmsd_name':'k','version':1,'fields':[{'name':'k','type':'uint8','size':1}]";
        const string Element = "'vmsd_name':'e','version':1,'fields':[{'name':'a','type':'uint16','size':2}]";
        DecodedNode node = Described.Field($"{{'name':'f','type':'gtree',{Key},{Element},'size':9}}", "00000001 01 09 0005 00");
        Assert.Equal(9UL, node.FindPath("f[0]", "key", "k")!.Value.AsUnsigned());
        Assert.Equal(5UL, node.FindPath("f[0]", "value", "a")!.Value.AsUnsigned());
    }

    [Fact]
    public void Counted_bytes_stand_behind_their_length()
    {
        DecodedNode node = Described.Field("{'name':'f','type':'GByteArray','size':6}", "00000002 abcd");
        Assert.Equal("abcd", node.Find("data")!.Value.ToText());
    }

    [Fact]
    public void A_subsection_has_name_and_version()
    {
        DecodedDevice device = Described.Decode(
            "{'name':'a','type':'uint8','size':1}", "05 05 03 'd/s' 00000002 77",
            "{'vmsd_name':'d/s','version':2,'fields':[{'name':'b','type':'uint8','size':1}]}");
        Assert.Empty(device.Defects);
        DecodedNode subsection = device.Root.Find("d/s")!;
        Assert.Equal((NodeKind.Subsection, 2u, 1, 10), (subsection.Kind, subsection.Version, subsection.BodyOffset, subsection.Bytes));
        Assert.Equal(0x77UL, subsection.Find("b")!.Value.AsUnsigned());
    }

    [Theory]
    [InlineData("{'name':'f','type':'of another release','size':3}", "010203", 0, 0)]
    [InlineData("{'name':'f','type':'uint32','size':3}", "010203", 0, 1)]
    [InlineData("{'name':'f','type':'nullptr','size':1}", "31", 0, 1)]
    [InlineData("{'name':'f','type':'GByteArray','size':6}", "00000003 abcd", 0, 1)]
    [InlineData("{'name':'f','type':'qtailq','size':2}", "0100", 0, 1)]
    [InlineData("{'name':'f','type':'gtree','size':5}", "00000001 00", 0, 1)]
    [InlineData("{'name':'f','type':'capability','size':3}", "03 'ab'", 0, 1)]
    [InlineData("{'name':'f','type':'msix state','size':15}", "000000000000000000000000000000", 0, 1)]
    [InlineData("{'name':'a','type':'uint8','size':1},{'name':'f','type':'struct','struct':{'vmsd_name':'s','version':1,'fields':[]},'size':2}", "010203", 1, 1)]
    public void What_is_not_understood_is_kept_raw_and_not_counted(string fields, string body, int decoded, int defects)
    {
        DecodedDevice device = Described.Decode(fields, body);
        Assert.Equal(decoded, device.Share.Decoded);
        Assert.Equal(defects, device.Defects.Count);
        Assert.Contains(device.Root.Children, child => child.Value.Kind == ValueKind.Raw);
    }

    [Fact]
    public void A_body_of_another_length_is_a_defect()
    {
        DecodedDevice device = Described.Decode("{'name':'a','type':'uint16','size':2}", "010203");
        Assert.Single(device.Defects);
        Assert.Equal(new DecodedShare(0, 3), device.Share);
    }
}
