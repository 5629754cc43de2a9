using Savevm.Fuzz.Engine;
using Savevm.Wire;

namespace Savevm.Fuzz.Tests;

public sealed class EngineTests
{
    [Fact]
    public void The_same_seed_gives_the_same_inputs()
    {
        Assert.Equal(Inputs(5), Inputs(5));
        Assert.NotEqual(Inputs(5), Inputs(6));
    }

    [Fact]
    public void Inputs_stay_within_their_limit_and_take_parts_of_others()
    {
        var mutator = new Mutator(new FuzzRandom(3), 40);
        byte[] parent = [.. Enumerable.Repeat((byte)1, 30)];
        byte[] other = [.. Enumerable.Repeat((byte)0xee, 30)];
        int taken = 0;
        for (int i = 0; i < 10_000; i++)
        {
            ReadOnlySpan<byte> input = mutator.Mutate(parent, other);
            Assert.InRange(input.Length, 0, 40);
            taken += input.IndexOf((ReadOnlySpan<byte>)[0xee, 0xee, 0xee, 0xee]) >= 0 ? 1 : 0;
        }
        Assert.InRange(taken, 100, 9000);
    }

    [Fact]
    public void A_promise_that_is_broken_by_memory_or_time_or_an_exception_of_another_kind_is_a_find()
    {
        FuzzTarget row = new("x", "x", _ => { }, () => []);
        Assert.Null(row.Execute([1]));
        Assert.Equal("allocates too much", (row with { Run = _ => GC.KeepAlive(new byte[2 << 20]) }).Execute([1])!.Signature);
        Assert.Equal("takes too long", (row with { Run = _ => Spin(30), MaxTime = TimeSpan.FromMilliseconds(5) }).Execute([1])!.Signature);
        Assert.StartsWith("InvalidOperationException in Savevm.", (row with { Run = _ => Fail(new InvalidOperationException()) }).Execute([1])!.Signature, StringComparison.Ordinal);
        Assert.Null((row with { Run = _ => Fail(new WireException(1, "so it is")) }).Execute([1]));
        Assert.Equal("kept", (row with { Run = _ => throw new CheckFailedException("kept", "not") }).Execute([1])!.Signature);
    }

    [Fact]
    public void A_find_is_made_small()
    {
        FuzzTarget target = new("x", "x", Read, () => []);
        byte[] input = [.. Enumerable.Range(1, 200).Select(value => (byte)value)];
        Assert.Equal([(byte)77, (byte)0, (byte)150], Minimizer.Minimize(target, [.. input[..80], 77, 9, 150, .. input[80..]], "both"));

        static void Read(ReadOnlySpan<byte> bytes)
        {
            int at = bytes.IndexOf((byte)77);
            if (at >= 0 && at + 2 < bytes.Length && bytes[at + 2] == 150)
                throw new CheckFailedException("both", "");
        }
    }

    private static void Fail(Exception failure) => throw failure;

    private static void Spin(int milliseconds)
    {
        TimeSpan end = ProcessorTime.OfThisThread() + TimeSpan.FromMilliseconds(milliseconds);
        while (ProcessorTime.OfThisThread() < end)
            Thread.SpinWait(10);
    }

    private static string Inputs(ulong seed)
    {
        var mutator = new Mutator(new FuzzRandom(seed), 64);
        return string.Join(' ', Enumerable.Range(0, 50).Select(_ => Convert.ToHexStringLower(mutator.Mutate("a small input"u8, "another"u8))));
    }
}
