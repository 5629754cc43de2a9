using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository.Snapshots;

namespace Savevm.Repository.WorkingSets;

// A working set file, all integers little-endian, both checksums XXH3-64 with seed 0, n pages:
//
//     0        8         12       16         24         32           40       48       56         64
//     +--------+---------+--------+----------+----------+------------+--------+--------+----------+
//     | magic  | version | zero   | snapshot | n        | resumes    | zero   | zero   | checksum |
//     +--------+---------+--------+----------+----------+------------+--------+--------+----------+
//     | n times, in the order of the first need: page number (4), block index (2), resumes (2)    |
//     +-------------------------------------------------------------------------------------------+
//
// "snapshot" is computed from the manifest's blocks and their checksums, so that a file that strayed here from another snapshot is told
// from our own. The checksum covers bytes 0 to 55 and the pages.

/// <summary>The layout of a working set file. Bytes in, values out; no state.</summary>
internal static class WorkingSetFile
{
    internal const int HeaderBytes = 64;
    internal const uint Version = 1;
    private const string Item = SnapshotFiles.WorkingSet;
    private const int VersionOffset = 8, SnapshotOffset = 16, CountOffset = 24, ResumesOffset = 32, ChecksumOffset = 56;
    private static readonly byte[] Magic = "SVMWSET\n"u8.ToArray();

    /// <summary>The longest file that is read.</summary>
    internal static long MaximumBytes => HeaderBytes + (long)RepositoryLimits.WorkingSetPages * WorkingSetEntry.Bytes;

    /// <summary>The bytes of a file.</summary>
    internal static byte[] Write(WorkingSet set, IReadOnlyList<StoredRamBlock> stored)
    {
        var bytes = new byte[HeaderBytes + (set.PageCount * WorkingSetEntry.Bytes)];
        Magic.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(VersionOffset), Version);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(SnapshotOffset), IdentityOf(stored));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(CountOffset), (ulong)set.PageCount);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(ResumesOffset), (ulong)set.ResumeCount);
        MemoryMarshal.AsBytes(set.Entries).CopyTo(bytes.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(ChecksumOffset), ChecksumOf(bytes));
        return bytes;
    }

    /// <summary>Reads a file that is no longer than <see cref="MaximumBytes"/>.</summary>
    /// <exception cref="DamagedStateException">It is not what was written, or not for this snapshot.</exception>
    /// <exception cref="UnsupportedFormatException">It was written by a newer version.</exception>
    internal static WorkingSet Read(ReadOnlySpan<byte> bytes, IReadOnlyList<StoredRamBlock> stored)
    {
        if (bytes.Length < HeaderBytes) throw Damaged(-1, $"has {bytes.Length} bytes, fewer than its header");
        if (!bytes.StartsWith(Magic)) throw Damaged(0, "is no working set");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[VersionOffset..]);
        if (version > Version) throw new UnsupportedFormatException($"{Item}: is of version {version}, this program knows {Version}");
        var count = BinaryPrimitives.ReadUInt64LittleEndian(bytes[CountOffset..]);
        if (count > RepositoryLimits.WorkingSetPages || bytes.Length != HeaderBytes + ((int)count * WorkingSetEntry.Bytes))
            throw Damaged(CountOffset, $"has {bytes.Length} bytes, which are not those of {count} pages");
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[ChecksumOffset..]) != ChecksumOf(bytes)) throw Damaged(-1, "does not match its checksum");
        if (version == 0 || bytes[12..SnapshotOffset].ContainsAnyExcept((byte)0) || bytes[40..ChecksumOffset].ContainsAnyExcept((byte)0))
            throw Damaged(VersionOffset, "has a header that nobody writes");
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[SnapshotOffset..]) != IdentityOf(stored))
            throw Damaged(SnapshotOffset, "belongs to another snapshot");
        var resumes = BinaryPrimitives.ReadUInt64LittleEndian(bytes[ResumesOffset..]);
        if (resumes is 0 or > long.MaxValue) throw Damaged(ResumesOffset, $"cannot come from {resumes} resumes");
        var entries = MemoryMarshal.Cast<byte, WorkingSetEntry>(bytes[HeaderBytes..]).ToArray();
        IReadOnlyList<RamBlock> blocks = [.. stored.Select(one => one.Block)];
        CheckEntries(entries, blocks, resumes);
        return new WorkingSet(blocks, entries, (long)resumes);
    }

    private static void CheckEntries(ReadOnlySpan<WorkingSetEntry> entries, IReadOnlyList<RamBlock> blocks, ulong resumes)
    {
        var seen = new PageSet(blocks);
        for (var index = 0; index < entries.Length; index++)
        {
            var entry = entries[index];
            var offset = HeaderBytes + (index * WorkingSetEntry.Bytes);
            if (entry.Block >= blocks.Count) throw Damaged(offset, $"names RAM block {entry.Block} of {blocks.Count}");
            if (entry.Page >= blocks[entry.Block].PageCount)
                throw Damaged(offset, $"names page {entry.Page} of block '{blocks[entry.Block].IdStr}', which has {blocks[entry.Block].PageCount}");
            if (entry.ResumeCount == 0 || entry.ResumeCount > resumes)
                throw Damaged(offset, $"a page cannot be needed by {entry.ResumeCount} of {resumes} resumes");
            if (!seen.Add(entry.Block, entry.Page)) throw Damaged(offset, $"names page {entry.Page} of block {entry.Block} twice");
        }
    }

    /// <summary>What tells this snapshot's RAM from another's.</summary>
    private static ulong IdentityOf(IReadOnlyList<StoredRamBlock> stored)
    {
        var hash = new XxHash3();
        Span<byte> numbers = stackalloc byte[17];
        foreach (var one in stored)
        {
            var name = Encoding.ASCII.GetBytes(one.Block.IdStr);
            BinaryPrimitives.WriteUInt64LittleEndian(numbers, (ulong)one.Block.UsedLength);
            BinaryPrimitives.WriteUInt64LittleEndian(numbers[8..], one.TableSum);
            numbers[16] = (byte)name.Length;
            hash.Append(numbers);
            hash.Append(name);
        }
        return hash.GetCurrentHashAsUInt64();
    }

    private static ulong ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        var hash = new XxHash3();
        hash.Append(bytes[..ChecksumOffset]);
        hash.Append(bytes[HeaderBytes..]);
        return hash.GetCurrentHashAsUInt64();
    }

    private static DamagedStateException Damaged(long offset, string reason) => new(Item, offset, reason);
}
