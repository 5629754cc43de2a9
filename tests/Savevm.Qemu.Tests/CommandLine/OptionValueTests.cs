using CsCheck;
using Savevm.Qemu.CommandLine;

namespace Savevm.Qemu.Tests.CommandLine;

public sealed class OptionValueTests
{
    [Theory]
    [InlineData("socket,id=c0,path=/a,,b,server=on,wait=off")]
    [InlineData("socket,id=c0,path=/a,server,nowait")]
    [InlineData("file=/x y/,,,,z.img,if=none")]
    [InlineData("")]
    [InlineData("a,,b")]
    [InlineData("{\"driver\":\"file\",\"filename\":\"/a+b<c>\",\"n\":5,\"on\":true}")]
    public void What_is_not_touched_comes_out_as_it_went_in(string text) =>
        Assert.Equal(text, OptionValue.Parse(text, "backend").ToString());

    [Fact]
    public void Reads_implied_names_doubled_commas_and_short_booleans()
    {
        var value = OptionValue.Parse("socket,path=/a,,b,server,nowait,nodelay,id=first,id=last", "backend");
        Assert.Equal("socket", value.Text("backend"));
        Assert.Equal("/a,b", value.Text("path"));
        Assert.True(value.IsOn("server"));
        Assert.Equal("off", value.Text("wait"));
        Assert.True(value.IsOn("nodelay"));
        Assert.Equal("last", value.Text("id"));
        Assert.Null(value.Text("host"));
    }

    [Fact]
    public void Sets_in_place_or_at_the_end_and_removes()
    {
        var value = OptionValue.Parse("pc,usb=off", "type");
        value.Set("type", "pc-i440fx-7.2");
        value.Set("memory-backend", "a,b");
        Assert.Equal("pc-i440fx-7.2,usb=off,memory-backend=a,,b", value.ToString());
        value.Remove("usb", "absent");
        Assert.Equal("pc-i440fx-7.2,memory-backend=a,,b", value.ToString());
    }

    [Theory]
    [InlineData("file=x,", "file=x,added=a,,b")]
    [InlineData("file=x,,", "file=x,,,added=a,,b")]
    [InlineData(",", ",added=a,,b")]
    public void A_comma_at_the_end_is_not_doubled_by_what_is_set(string text, string expected)
    {
        var value = OptionValue.Parse(text, "driver");
        value.Set("added", "a,b");
        Assert.Equal(expected, value.ToString());
        Assert.Equal("a,b", OptionValue.Parse(expected, "driver").Text("added"));
    }

    [Fact]
    public void Json_keeps_numbers_and_booleans()
    {
        var value = OptionValue.Parse("""{"qom-type":"memory-backend-ram","id":"ram0","size":1073741824,"prealloc":true}""", "qom-type");
        Assert.Equal("1073741824", value.Text("size"));
        Assert.True(value.IsOn("prealloc"));
        value.Set("share", "off");
        value.Set("mem-path", "/x");
        value.Remove("prealloc");
        Assert.Equal("""{"qom-type":"memory-backend-ram","id":"ram0","size":1073741824,"share":false,"mem-path":"/x"}""", value.ToString());
    }

    [Fact]
    public void Text_that_begins_like_json_and_is_none_is_refused() =>
        Assert.Throws<CommandLineRefusedException>(() => OptionValue.Parse("{\"a\":", "x"));

    [Fact]
    public void Any_text_without_braces_comes_out_as_it_went_in() =>
        Gen.String[Gen.Char["ab=,./-"], 0, 30].Sample(text => OptionValue.Parse(text, "x").ToString() == text || text.EndsWith(','));

    [Fact]
    public void Any_value_that_is_set_is_read_back_after_a_round_trip() =>
        Gen.String[Gen.Char["ab=,{ "], 0, 20].Sample(text =>
        {
            var value = OptionValue.Parse("first,second=2", "x");
            value.Set("path", text);
            return OptionValue.Parse(value.ToString(), "x").Text("path") == text;
        });
}
