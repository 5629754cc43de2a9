using System.Buffers.Binary;
using System.Text;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Migration.Tests.Pages;

/// <summary>Reads a mapped-ram file by the letter of its description, as slowly as can be, and compares it with a machine.</summary>
internal static class MappedRamContent
{
    private const int PageBytes = 4096;

    public static async Task AssertEqualsAsync(string path, WritingMachine machine)
    {
        var file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        Assert.Contains("mapped-ram", Encoding.ASCII.GetString(file, 0, 200), StringComparison.Ordinal);
        foreach (var block in machine.Ram.Blocks)
        {
            var at = FindEnd(file, block.IdStr, block.UsedLength);
            Assert.Equal(1u, BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at)));
            at += 4;
            Assert.Equal(4096ul, Word(file, ref at));
            var (bitmap, pages) = ((int)Word(file, ref at), (int)Word(file, ref at));
            Assert.Equal(at, bitmap);
            Assert.Equal(0, pages % (1 << 20));
            var content = machine.Content(block.Index);
            for (var page = 0; page < block.PageCount; page++)
            {
                var isThere = (file[bitmap + (page / 8)] >> (page % 8) & 1) != 0;
                var stored = isThere ? file.AsSpan(pages + (page * PageBytes), PageBytes) : new byte[PageBytes];
                Assert.True(content.AsSpan(page * PageBytes, PageBytes).SequenceEqual(stored), $"page {page} of {block.IdStr} (there: {isThere})");
            }
        }
    }

    /// <summary>Behind the name and the length of a block.</summary>
    private static int FindEnd(byte[] file, string name, long usedLength)
    {
        byte[] entry = [.. Encoding.ASCII.GetBytes((char)name.Length + name), .. new byte[8]];
        BinaryPrimitives.WriteInt64BigEndian(entry.AsSpan(entry.Length - 8), usedLength);
        var at = file.AsSpan().IndexOf(entry);
        Assert.True(at > 0, $"no block {name} of {usedLength} bytes");
        return at + entry.Length;
    }

    private static ulong Word(byte[] file, ref int at)
    {
        at += 8;
        return BinaryPrimitives.ReadUInt64BigEndian(file.AsSpan(at - 8));
    }
}
