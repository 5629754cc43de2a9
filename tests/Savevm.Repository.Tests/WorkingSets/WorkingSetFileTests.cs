using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository.Snapshots;
using Savevm.Repository.WorkingSets;

namespace Savevm.Repository.Tests.WorkingSets;

public sealed class WorkingSetFileTests
{
    private static readonly StoredRamBlock[] Stored =
    [
        new(new RamBlock(0, "main", 60 * RamBlock.PageSize), 0, 0x1111),
        new(new RamBlock(1, "rom", 5 * RamBlock.PageSize), 0, 0x2222),
    ];

    private static readonly WorkingSetEntry[] Sample = [new(59, 0, 3), new(0, 1, 1), new(7, 0, 2)];

    [Fact]
    public void What_was_written_is_read()
    {
        var read = WorkingSetFile.Read(Bytes(Sample, 3), Stored);
        Assert.Equal(Sample, read.Entries.ToArray());
        Assert.Equal(3, read.ResumeCount);
        Assert.Empty(WorkingSetFile.Read(Bytes([], 1), Stored).Entries.ToArray());
    }

    // A second writer, which knows the format from its description only.
    [Fact]
    public void The_bytes_are_those_that_the_format_page_describes()
    {
        var bytes = new byte[64 + (3 * 8)];
        "SVMWSET\n"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), 1);
        byte[] identity =
        [
            .. BitConverter.GetBytes(60L * 4096), .. BitConverter.GetBytes(0x1111L), 4, .. Encoding.ASCII.GetBytes("main"),
            .. BitConverter.GetBytes(5L * 4096), .. BitConverter.GetBytes(0x2222L), 3, .. Encoding.ASCII.GetBytes("rom"),
        ];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), XxHash3.HashToUInt64(identity));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), 3);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), 3);
        var at = 64;
        foreach (var (page, block, count) in new[] { (59, 0, 3), (0, 1, 1), (7, 0, 2) })
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), page);
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(at + 4), (short)block);
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(at + 6), (short)count);
            at += 8;
        }
        byte[] covered = [.. bytes[..56], .. bytes[64..]];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(56), XxHash3.HashToUInt64(covered));
        Assert.Equal(bytes, Bytes(Sample, 3));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        var bytes = Bytes(Sample, 3);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var problem = Record.Exception(() => WorkingSetFile.Read(bytes, Stored));
            Assert.True(problem is DamagedStateException or UnsupportedFormatException, $"bit {bit}: {problem}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        WorkingSetFile.Read(bytes, Stored);
    }

    [Fact]
    public void Every_length_but_the_right_one_is_noticed()
    {
        var bytes = Bytes(Sample, 3);
        for (var length = 0; length < bytes.Length + 20; length++)
        {
            if (length == bytes.Length) continue;
            var cut = new byte[length];
            bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(cut);
            Assert.Throws<DamagedStateException>(() => WorkingSetFile.Read(cut, Stored));
        }
    }

    // A forger knows the checksum: what it protects must be impossible all the same.
    [Theory]
    [InlineData(0, 2, 1, "names RAM block 2 of 2")]
    [InlineData(0, 65535, 1, "names RAM block 65535 of 2")]
    [InlineData(60, 0, 1, "names page 60 of block 'main', which has 60")]
    [InlineData(5, 1, 1, "names page 5 of block 'rom', which has 5")]
    [InlineData(uint.MaxValue, 0, 1, "names page 4294967295 of block 'main'")]
    [InlineData(1, 0, 0, "a page cannot be needed by 0 of 3 resumes")]
    [InlineData(1, 0, 4, "a page cannot be needed by 4 of 3 resumes")]
    [InlineData(59, 0, 1, "names page 59 of block 0 twice")]
    public void An_impossible_page_is_refused_with_its_place(uint page, int block, int count, string reason)
    {
        var defect = Assert.Throws<DamagedStateException>(() => WorkingSetFile.Read(Bytes([.. Sample, new(page, (ushort)block, (ushort)count)], 3), Stored));
        Assert.Contains(reason, defect.Message, StringComparison.Ordinal);
        Assert.Equal(64 + (3 * 8), defect.Offset);
    }

    [Theory]
    [InlineData(12, 1, "has a header that nobody writes")]
    [InlineData(40, 1, "has a header that nobody writes")]
    [InlineData(48, 1, "has a header that nobody writes")]
    [InlineData(8, 0, "has a header that nobody writes")]
    [InlineData(32, 0, "cannot come from 0 resumes")]
    [InlineData(39, 255, "resumes")]
    [InlineData(16, 1, "belongs to another snapshot")]
    [InlineData(27, 1, "which are not those of 16777219 pages")]
    [InlineData(31, 255, "which are not those of")]
    public void An_impossible_header_is_refused(int at, byte value, string reason)
    {
        var bytes = Bytes(Sample, 3);
        bytes[at] = bytes[at] == value ? (byte)(value ^ 0x55) : value;
        Seal(bytes);
        var defect = Assert.Throws<DamagedStateException>(() => WorkingSetFile.Read(bytes, Stored));
        Assert.Contains(reason, defect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void That_of_another_snapshot_or_a_newer_version_is_told_apart()
    {
        StoredRamBlock[] other = [Stored[0] with { TableSum = 0x1112 }, Stored[1]];
        Assert.Contains("belongs to another snapshot", Assert.Throws<DamagedStateException>(() => WorkingSetFile.Read(Bytes(Sample, 3), other)).Message, StringComparison.Ordinal);
        var bytes = Bytes(Sample, 3);
        bytes[8] = 2;
        Assert.Contains("is of version 2", Assert.Throws<UnsupportedFormatException>(() => WorkingSetFile.Read(bytes, Stored)).Message, StringComparison.Ordinal);
    }

    private static byte[] Bytes(WorkingSetEntry[] entries, long resumes) =>
        WorkingSetFile.Write(new WorkingSet([.. Stored.Select(one => one.Block)], entries, resumes), Stored);

    private static void Seal(byte[] bytes)
    {
        byte[] covered = [.. bytes[..56], .. bytes[64..]];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(56), XxHash3.HashToUInt64(covered));
    }
}
