using Savevm.VMState.Descriptions;

namespace Savevm.VMState.Tests.Descriptions;

public sealed class HostileTests
{
    private static readonly VMStateDescription<Sample> All = Coded.Builder()
        .Field("count", static (ref d) => ref d.I32)
        .Array("words", static (ref d) => d.Words, "count", static (ref d) => d.I32)
        .Buffer("bytes", static (ref d) => d.Bytes, "count", static (ref d) => d.I32, factor: 2)
        .Bitmap("map", static (ref d) => d.Words, "count", static (ref d) => d.I32)
        .Structs("parts", static (ref d) => d.Parts, "count", static (ref d) => d.I32, Coded.Part)
        .Queue("queue", static (ref d) => ref d.Queue, Coded.Box, static () => new PartBox())
        .Tree("tree", static (ref d) => ref d.Tree, Coded.Box, static () => new PartBox())
        .CountedName("name", static (ref d) => ref d.Name)
        .Build();

    [Theory]
    [InlineData("00000004", "words", "4")]
    [InlineData("7fffffff", "words", "2147483647")]
    [InlineData("80000000", "words", "-2147483648")]
    public void A_count_above_the_room_is_refused_with_both_numbers(string hex, string path, string found)
    {
        VMStateLoadException refused = Coded.Refused(All, new Sample(), hex);
        Assert.Equal((path, found, "count"), (refused.FieldPath, refused.Found, refused.LastLoadedField));
        Assert.Contains("at most 3 elements", refused.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_cut_anywhere_is_refused_and_names_the_field_and_how_far_it_came()
    {
        string hex = Coded.Save(All, Whole());
        for (int length = 0; length < hex.Length; length += 2)
        {
            VMStateLoadException refused = Coded.Refused(All, new Sample(), hex[..length]);
            Assert.NotEqual("", refused.FieldPath);
            Assert.Equal(length > 0, refused.IsHalfLoaded && refused.LastLoadedField is not null || length is > 0 and < 8);
            Assert.Contains("section 'sample'", refused.Message, StringComparison.Ordinal);
        }
        VMStateLoadException longer = Coded.Refused(All, new Sample(), hex + "00");
        Assert.Contains("1 more bytes", longer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_by_chance_are_loaded_or_refused_and_nothing_else()
    {
        var random = new Random(1);
        byte[] whole = Coded.Bytes(Coded.Save(All, Whole()));
        int refused = 0;
        for (int turn = 0; turn < 20000; turn++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Coded.Load(All, new Sample(), Convert.ToHexString(bytes));
            }
            catch (VMStateLoadException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1000, 20000);
    }

    [Fact]
    public void Nested_queues_of_any_depth_end_at_the_limit()
    {
        VMStateDescription<Nest> description = new VMStateBuilder<Nest>("nest").Custom("inner", "nest", new NestField()).Build();
        VMStateLoadException refused = Coded.Refused(description, new Nest(), string.Concat(Enumerable.Repeat("01", 100000)) + "00");
        Assert.Contains("nested", refused.Message, StringComparison.Ordinal);
        Assert.Equal(VMStateLimits.MaxDepth - 10, Coded.Load(description, new Nest(), string.Concat(Enumerable.Repeat("01", VMStateLimits.MaxDepth - 11)) + "00").Depth);
    }

    [Fact]
    public void Counts_that_do_not_fit_the_device_are_not_saved()
    {
        Assert.Throws<VMStateSaveException>(() => Coded.Save(All, new Sample { I32 = 4 }));
        Assert.Throws<VMStateSaveException>(() => Coded.Save(All, new Sample { I32 = -1 }));
        Assert.Throws<VMStateSaveException>(() => Coded.Save(All, new Sample { Name = "\u00fc" }));
    }

    private static Sample Whole()
    {
        var sample = new Sample { I32 = 2, Words = [1, 2, 3], Name = "abc", Queue = [new PartBox(), new PartBox()] };
        sample.Tree[3] = new PartBox();
        return sample;
    }
}
