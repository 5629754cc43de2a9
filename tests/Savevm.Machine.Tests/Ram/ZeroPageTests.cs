using CsCheck;
using Savevm.Machine.Ram;

namespace Savevm.Machine.Tests.Ram;

public class ZeroPageTests
{
    [Fact]
    public void One_bit_anywhere_is_seen_at_every_length()
    {
        foreach (int length in new[] { 1, 31, 32, 255, 256, 257, 511, 512, 800, 4096 })
        {
            byte[] bytes = new byte[length + 2];

            // What stands beside the memory is none of its business.
            bytes[0] = bytes[^1] = 0xff;
            Span<byte> memory = bytes.AsSpan(1, length);
            Assert.True(ZeroPage.IsZero(memory));
            for (int at = 0; at < length; at++)
            {
                memory[at] = (byte)(1 << (at % 8));
                Assert.False(ZeroPage.IsZero(memory));
                memory[at] = 0;
            }
        }
        Assert.True(ZeroPage.IsZero([]));
    }

    [Fact]
    public void It_agrees_with_a_loop_over_all_bytes()
    {
        Gen.Select(Gen.Int[0, 1200], Gen.Select(Gen.Int[0, 5000], Gen.Byte).Array[0, 2]).Sample((length, changes) =>
        {
            byte[] bytes = new byte[length];
            foreach ((int at, byte value) in changes.Where(change => change.Item1 < length)) bytes[at] = value;
            bool expected = true;
            foreach (byte value in bytes) expected &= value == 0;
            return ZeroPage.IsZero(bytes) == expected;
        });
    }

    [Theory]
    [InlineData(-1, 3)]
    [InlineData(0, 0)]
    [InlineData(4095, 0)]
    [InlineData(4096, 1)]
    [InlineData(3 * 4096, 3)]
    public void Leading_zero_pages_are_counted_whole(int changed, int expected)
    {
        byte[] pages = new byte[(3 * 4096) + 100];
        if (changed >= 0) pages[changed] = 1;
        Assert.Equal(expected, ZeroPage.CountLeading(pages));
    }
}
