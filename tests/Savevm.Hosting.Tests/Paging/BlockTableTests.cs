using CsCheck;
using Savevm.Hosting.Paging;

namespace Savevm.Hosting.Tests.Paging;

/// <summary>The table that a program and its pager share, against the plainest way to look for the same.</summary>
public sealed unsafe class BlockTableTests
{
    private const int PageBytes = 4096;

    [Theory]
    [InlineData(0x10000, 0, 0)]
    [InlineData(0x11fff, 0, 1)]
    [InlineData(0x40fff, 1, 0)]
    [InlineData(0x0ffff, -1, 0)]
    [InlineData(0x12000, -1, 0)]
    [InlineData(0x3ffff, -1, 0)]
    [InlineData(0x41000, -1, 0)]
    public void An_address_lies_in_a_page_of_a_block_or_in_none(int address, int block, long page)
    {
        var memory = new byte[BlockTable.HeaderBytes + (2 * BlockTable.RowBytes)];
        Row(0, 0x10000, 2);
        Row(1, 0x40000, 1);
        fixed (byte* bytes = memory)
        {
            var table = new BlockTable(bytes, 2);
            Assert.Equal(block >= 0, table.TryFind(address, out var foundBlock, out var foundPage));
            if (block >= 0) Assert.Equal((block, page), (foundBlock, foundPage));
            Assert.Equal((0x40000, 1), (table.AddressOf(1), table.PagesOf(1)));
        }

        void Row(int index, long start, long pages)
        {
            var row = memory.AsSpan(BlockTable.HeaderBytes + (index * BlockTable.RowBytes));
            BitConverter.TryWriteBytes(row, start);
            BitConverter.TryWriteBytes(row[8..], pages);
        }
    }

    [Fact]
    public void The_next_bit_is_the_one_that_a_walk_bit_by_bit_finds()
    {
        // Words that are all alike too: the search goes on into the next one.
        Gen<long> word = Gen.OneOf(Gen.Const(0L), Gen.Const(-1L), Gen.Long);
        Gen.Select(word.Array[3], Gen.Int[0, 192], Gen.Int[0, 192], Gen.Bool).Sample(
            (words, some, end, isSet) =>
            {
                int from = some % (end + 1), expected = from;
                while (expected < end && ((words[expected >> 6] >> (expected & 63) & 1) != 0) != isSet) expected++;
                fixed (long* first = words) return BlockTable.FindBit(first, from, end, isSet) == expected;
            });
    }
}
