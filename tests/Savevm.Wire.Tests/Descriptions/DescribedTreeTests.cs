using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Savevm.Wire.Descriptions;

namespace Savevm.Wire.Tests.Descriptions;

public class DescribedTreeTests
{
    [Theory]
    [InlineData("q72-precopy.devices.gz", 99431, 1200)]
    [InlineData("q100-precopy.devices.gz", 99700, 1200)]
    [InlineData("q100-q35-devices.devices.gz", 73475, 1100)]
    public void The_reader_agrees_with_its_slow_twin_on_real_descriptions(string name, int length, int atLeast)
    {
        byte[] text = GoldenStream.Load(name)[^length..];
        List<string> expected = SlowDescription.Lines(text);
        Assert.True(expected.Count > atLeast, $"{expected.Count} lines");
        Assert.Equal(expected, DescribedLines.Of(VMDescription.Parse(text, 0)));
    }

    [Fact]
    public void The_reader_agrees_with_its_slow_twin_on_made_descriptions()
    {
        Gen.Int.Sample(
            seed =>
            {
                byte[] text = Encoding.ASCII.GetBytes(new ModelDevice(seed).Json);
                return SlowDescription.Lines(text).SequenceEqual(DescribedLines.Of(VMDescription.Parse(text, 0)));
            },
            iter: 500);
    }

    [Fact]
    public void Every_field_is_where_the_description_says()
    {
        Gen.Int.Sample(
            seed =>
            {
                var model = new ModelDevice(seed);
                DescribedDevice device = Assert.Single(VMDescription.Parse(Encoding.ASCII.GetBytes(model.Json), 0).Devices);
                Assert.Equal(model.Bytes.Length, device.BodyBytes);
                AssertValues(device.Body, model.Bytes);
                DescribedBody.Check(device, model.Bytes, 0);
            },
            iter: 500);
    }

    [Fact]
    public void A_body_that_its_description_contradicts_is_refused()
    {
        var model = new ModelDevice(Enumerable.Range(0, 1000).First(seed => new ModelDevice(seed).Json.Contains("qlist", StringComparison.Ordinal)
            && new ModelDevice(seed).Json.Contains("model/", StringComparison.Ordinal)));
        DescribedDevice device = VMDescription.Parse(Encoding.ASCII.GetBytes(model.Json), 0).Devices[0];
        int caught = 0;
        for (int i = 0; i < model.Bytes.Length; i++)
        {
            byte[] body = [.. model.Bytes];
            body[i] ^= 0x40;
            try
            {
                DescribedBody.Check(device, body, 0x1000);
            }
            catch (WireException e)
            {
                Assert.InRange(e.Offset, 0x1000, 0x1000 + i);
                caught++;
            }
        }
        Assert.InRange(caught, 10, model.Bytes.Length - 8);
        Assert.Throws<WireException>(() => DescribedBody.Check(device, model.Bytes.AsSpan(1), 0));
    }

    [Fact]
    public void A_real_body_is_what_its_description_says()
    {
        byte[] stream = GoldenStream.Load("q72-precopy.devices.gz");
        VMDescription description = VMDescription.Parse(stream.AsSpan(stream.Length - 99431), 0);
        DescribedDevice cpu = Assert.Single(description.Devices, device => device.IdStr == "cpu");
        Assert.Equal(1882, cpu.BodyBytes);
        int at = stream.AsSpan().IndexOf("cpu\0\0\0\0\0\0\0\x0c"u8) + 11;
        DescribedBody.Check(cpu, stream.AsSpan(at, 1882), at);
        Assert.Throws<WireException>(() => DescribedBody.Check(cpu, stream.AsSpan(at + 1, 1882), at));
    }

    [Fact]
    public void Arrays_are_shown_as_each_release_writes_them()
    {
        VMDescription description = Parse("""
            {"name": "a", "array_len": 3, "type": "uint16", "size": 2},
            {"name": "b", "index": 0, "type": "uint8", "size": 1}, {"name": "b", "type": "uint8", "size": 1},
            {"name": "p", "array_len": 2, "type": "nullptr", "size": 1},
            {"name": "q", "index": 1, "type": "struct", "struct": {}, "size": 1}
            """);
        DescribedField[] fields = [.. description.Devices[0].Body.Fields];
        Assert.Equal([3, null, null, 2, null], fields.Select(field => field.ArrayLength));
        Assert.Equal([null, 0, null, null, 1], fields.Select(field => field.Index));
        Assert.Equal([0, 6, 7, 8, 10], fields.Select(field => field.BodyOffset));
        Assert.Equal([false, false, false, true, true], fields.Select(field => field.IsNullPointer));
        DescribedBody.Check(description.Devices[0], "abcdefgh000"u8, 0);
        Assert.Equal(9, Assert.Throws<WireException>(() => DescribedBody.Check(description.Devices[0], "abcdefgh0x0"u8, 0)).Offset);
    }

    [Fact]
    public void A_mark_of_a_pointer_is_one_of_two_bytes()
    {
        DescribedDevice device = Parse("""
            {"name": "p", "array_len": 2, "type": "ptr-marker", "size": 1}, {"name": "p", "type": "ptr-marker", "size": 1}, {"name": "p", "type": "uint8", "size": 1}
            """).Devices[0];
        Assert.DoesNotContain(device.Body.Fields, field => field.IsNullPointer);
        DescribedBody.Check(device, "001x"u8, 7);
        Assert.Equal(8, Assert.Throws<WireException>(() => DescribedBody.Check(device, "0201"u8, 7)).Offset);
    }

    [Theory]
    [InlineData("{\"name\": \"s\", \"type\": \"struct\", \"struct\": {\"vmsd_name\": \"x\", \"fields\": [{\"name\": \"y\", \"type\": \"uint8\", \"size\": 1}]}, \"size\": 2}")]
    [InlineData("{\"name\": \"s\", \"type\": \"qlist\", \"vmsd_name\": \"x\", \"fields\": [{\"name\": \"y\", \"type\": \"uint8\", \"size\": 1}], \"size\": 2}")]
    [InlineData("{\"name\": \"s\", \"type\": \"gtree\", \"vmsd_name\": \"x\", \"fields\": [{\"name\": \"y\", \"type\": \"uint8\", \"size\": 1}], \"size\": 2}")]
    public void What_does_not_add_up_is_nowhere(string field)
    {
        DescribedField outer = Assert.Single(Parse(field).Devices[0].Body.Fields);
        Assert.Equal(0, outer.BodyOffset);
        Assert.Null(Assert.Single(outer.Structs).BodyOffset);
        Assert.Null(Assert.Single(Assert.Single(outer.Structs).Fields).BodyOffset);
    }

    [Fact]
    public void What_is_nested_in_nothing_is_not_looked_for()
    {
        VMDescription description = Parse("""
            {"name": "s", "array_len": 0, "type": "struct", "struct": {"vmsd_name": "x",
              "fields": [{"name": "y", "array_len": 9, "type": "nullptr", "size": 9}]}, "size": 81}
            """);
        DescribedBody.Check(description.Devices[0], [], 0);
    }

    [Fact]
    public void Too_many_fields_are_refused()
    {
        string Fields(int count) => string.Join(',', Enumerable.Repeat("{}", count));
        Assert.NotNull(Parse(Fields(1000)));
        Assert.Throws<WireException>(() => Parse(Fields(WireLimits.MaxDescriptionNodes)));
    }

    [Fact]
    public void A_walk_allocates_nothing()
    {
        byte[] text = GoldenStream.Load("q72-precopy.devices.gz")[^99431..];
        VMDescription description = VMDescription.Parse(text, 0);
        long expected = CountFields(description);
        long before = GC.GetAllocatedBytesForCurrentThread();
        long counted = CountFields(description);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100);
        Assert.Equal(expected, counted);
        Assert.InRange(counted, 1000, 2000);
    }

    private static long CountFields(VMDescription description)
    {
        long count = 0;
        for (int i = 0; i < description.Devices.Count; i++)
            count += CountFields(description.Devices[i].Body);
        return count;
    }

    private static long CountFields(DescribedStruct structure)
    {
        long count = 0;
        foreach (DescribedField field in structure.Fields)
        {
            count++;
            foreach (DescribedStruct nested in field.Structs)
                count += CountFields(nested);
        }
        foreach (DescribedStruct subsection in structure.Subsections)
            count += CountFields(subsection);
        return count;
    }

    private static void AssertValues(DescribedStruct structure, byte[] body)
    {
        foreach (DescribedField field in structure.Fields)
        {
            int at = field.BodyOffset!.Value;
            for (int i = 0; field.Type == "uint32" && i < (field.ArrayLength ?? 1); i++)
                Assert.Equal(at + (4 * i), BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + (4 * i))));
            foreach (DescribedStruct nested in field.Structs)
                AssertValues(nested, body);
        }
        foreach (DescribedStruct subsection in structure.Subsections)
            AssertValues(subsection, body);
    }

    private static VMDescription Parse(string fields) => VMDescription.Parse(
        Encoding.UTF8.GetBytes($$"""{"devices": [{"name": "d", "instance_id": 0, "version": 1, "fields": [{{fields}}]}]}"""), 0);
}
