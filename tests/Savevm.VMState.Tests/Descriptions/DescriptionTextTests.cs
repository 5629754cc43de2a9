using Savevm.VMState.Descriptions;
using Savevm.VMState.Saving;

namespace Savevm.VMState.Tests.Descriptions;

/// <summary>Texts written by hand from the page of the wire format; those of real QEMUs are in <c>RealDeviceTests</c>.</summary>
public sealed class DescriptionTextTests
{
    private const string PartFields = "\"vmsd_name\": \"box\", \"version\": 1, \"fields\": [{\"name\": \"a\", \"type\": \"uint8\", \"size\": 1}, "
        + "{\"name\": \"b\", \"type\": \"uint16\", \"size\": 2}]";

    private static string Fields(VMStateBuilder<Sample> builder, Sample sample, DescriptionDialect dialect)
    {
        string json = Coded.Describe(builder.Build(), sample, dialect).Json;
        const string Head = "{\"vmsd_name\": \"sample\", \"version\": 1, \"fields\": [";
        Assert.StartsWith(Head, json, StringComparison.Ordinal);
        Assert.EndsWith("]}", json, StringComparison.Ordinal);
        return json[Head.Length..^2];
    }

    [Fact]
    public void An_array_of_equal_elements_is_described_once_and_one_of_a_single_element_as_none()
    {
        VMStateBuilder<Sample> builder = Coded.Builder()
            .Array("shorts", static (ref d) => d.Shorts, 3)
            .Array("words", static (ref d) => d.Words, 1)
            .Array("none", static (ref d) => d.Words, 0);
        const string Expected = "{\"name\": \"shorts\", \"array_len\": 3, \"type\": \"uint16\", \"size\": 2}, "
            + "{\"name\": \"words\", \"type\": \"uint64\", \"size\": 8}";
        Assert.Equal(Expected, Fields(builder, new Sample(), DescriptionDialect.Qemu72));
    }

    [Fact]
    public void Elements_that_may_differ_have_numbers_of_which_10_0_leaves_out_the_last()
    {
        VMStateBuilder<Sample> Builder() => Coded.Builder()
            .Array("shorts", static (ref d) => d.Shorts, 2, when: static (ref _, _) => true);
        const string First = "{\"name\": \"shorts\", \"index\": 0, \"type\": \"uint16\", \"size\": 2}, {\"name\": \"shorts\", ";
        const string End = "\"type\": \"uint16\", \"size\": 2}";
        Assert.Equal(First + "\"index\": 1, " + End, Fields(Builder(), new Sample(), DescriptionDialect.Qemu72));
        Assert.Equal(First + End, Fields(Builder(), new Sample(), DescriptionDialect.Qemu100));
        Assert.Equal("{\"name\": \"shorts\", " + End + ", {\"name\": \"shorts\", " + End, Fields(Builder(), new Sample(), DescriptionDialect.Qemu111));
    }

    [Fact]
    public void A_null_pointer_is_an_empty_element_in_7_2_and_a_type_of_its_own_in_10_0()
    {
        var sample = new Sample { Boxes = [null, null, new PartBox(), null] };
        VMStateBuilder<Sample> Builder() => Coded.Builder().Pointers("boxes", static (ref d) => d.Boxes, 4, Coded.Box);
        Assert.Equal(
            "{\"name\": \"boxes\", \"array_len\": 4, \"type\": \"struct\", \"struct\": {}, \"size\": 1}",
            Fields(Builder(), sample, DescriptionDialect.Qemu72));
        const string Expected = "{\"name\": \"boxes\", \"array_len\": 2, \"type\": \"nullptr\", \"size\": 1}, "
            + "{\"name\": \"boxes\", \"type\": \"struct\", \"struct\": {" + PartFields + "}, \"size\": 3}, "
            + "{\"name\": \"boxes\", \"type\": \"nullptr\", \"size\": 1}";
        Assert.Equal(Expected, Fields(Builder(), sample, DescriptionDialect.Qemu100));
        Assert.Equal(Expected.Replace("nullptr", "ptr-marker", StringComparison.Ordinal), Fields(Builder(), sample, DescriptionDialect.Qemu111));
    }

    [Fact]
    public void An_element_that_is_made_when_it_is_loaded_has_a_mark_of_its_own()
    {
        var sample = new Sample { Boxes = [null, new PartBox { A = 1, B = 2 }] };
        VMStateBuilder<Sample> builder = Coded.Builder()
            .AllocatedPointers("boxes", static (ref d) => d.Boxes, 2, Coded.Box, static () => new PartBox());
        const string Mark = "{\"name\": \"boxes\", \"type\": \"ptr-marker\", \"size\": 1}";
        const string Expected = Mark + ", " + Mark + ", {\"name\": \"boxes\", \"type\": \"struct\", \"struct\": {" + PartFields + "}, \"size\": 3}";
        Assert.Equal(Expected, Fields(builder, sample, DescriptionDialect.Qemu111));
    }

    [Fact]
    public void Elements_of_a_queue_repeat_their_keys_in_the_field_itself()
    {
        VMStateBuilder<Sample> builder = Coded.Builder()
            .Queue("queue", static (ref d) => ref d.Queue, Coded.Box, static () => new PartBox());
        var sample = new Sample { Queue = [new PartBox(), new PartBox()] };
        Assert.Equal(
            "{\"name\": \"queue\", \"type\": \"qtailq\", " + PartFields + ", " + PartFields + ", \"size\": 9}",
            Fields(builder, sample, DescriptionDialect.Qemu100));
    }

    [Fact]
    public void Fields_of_one_name_are_numbered_even_when_one_of_them_is_absent()
    {
        VMStateBuilder<Sample> builder = Coded.Builder()
            .Field("x", static (ref d) => ref d.U8, when: static (ref _, _) => false)
            .Field("x", static (ref d) => ref d.U16);
        Assert.Equal("{\"name\": \"x[1]\", \"type\": \"uint16\", \"size\": 2}", Fields(builder, new Sample(), DescriptionDialect.Qemu72));
    }
}
