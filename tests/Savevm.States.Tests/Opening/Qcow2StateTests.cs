using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Savevm.States.Opening;
using Savevm.Wire;
using Savevm.Wire.Containers.Qcow2;

namespace Savevm.States.Tests.Opening;

/// <summary>Saved machines in images of real QEMUs, with clusters of 64 KiB and of 512 bytes.</summary>
public sealed class Qcow2StateTests : IDisposable
{
    private const string Large = "q72-savevm.qcow2.gz", Small = "q100-savevm.qcow2.gz";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Large, "pc-i440fx-7.2")]
    [InlineData(Small, "pc-i440fx-10.0")]
    public void A_machine_is_chosen_by_name_or_id_and_read_whole(string golden, string machine)
    {
        byte[] image = Golden.Load(golden);
        string path = _folder.Write("disk.qcow2", image);
        foreach ((string choice, int index) in new[] { ("first", 0), ("second", 1), ("1", 0) })
        {
            using SavedStateFile state = SavedStateFile.Open($"{path}#{choice}");
            Assert.Equal(["qcow2", "QEVM stream"], state.Layers.Select(layer => layer.Name));
            Assert.Equal(["first", "second"], state.Snapshots.Select(snapshot => snapshot.Name));
            Assert.Equal(state.Snapshots[index], state.Snapshot);
            Assert.Equal(machine, state.Configuration!.MachineName);
            Assert.Null(state.Storage);
            Same.Bytes(Slow(image, index), ReadAll(state, 100_000));
        }
        using SavedStateFile packed = SavedStateFile.Open(
            _folder.Write("disk.zst", Packed.Zstd(image)), new OpeningOptions { Snapshot = "second", SpoolFolder = _folder.Root });
        Same.Bytes(Slow(image, 1), ReadAll(packed, 777));
        using SavedStateFile piped = SavedStateFile.Open(
            new GZipStream(new MemoryStream(Packed.Gzip(image)), CompressionMode.Decompress), new OpeningOptions { Snapshot = "second" });
        Same.Bytes(Slow(image, 1), ReadAll(piped, 1 << 20));
    }

    [Fact]
    public void A_choice_that_has_to_be_made_lists_all()
    {
        string path = _folder.Write("disk.qcow2", Golden.Load(Large));
        foreach (string asked in new[] { path, path + "#third" })
        {
            var refused = Assert.Throws<UnsupportedFormException>(() => SavedStateFile.Open(asked));
            Assert.Contains("FILE#NAME: first (id 1, ", refused.Hint, StringComparison.Ordinal);
            Assert.Contains("second (id 2, ", refused.Hint, StringComparison.Ordinal);
        }
        byte[] none = Golden.Load(Large);
        none.AsSpan(60, 4).Clear();
        Assert.Contains(
            "no saved machine (0 internal", Assert.Throws<UnsupportedFormException>(() => SavedStateFile.Open(_folder.Write("n", none))).Message, StringComparison.Ordinal);

        // A file of the whole name wins.
        Assert.Throws<WireException>(() => SavedStateFile.Open(_folder.Write("disk.qcow2#first", [])));
    }

    [Theory]
    [InlineData(Large)]
    [InlineData(Small)]
    public void Compressed_clusters_are_unpacked(string golden)
    {
        byte[] image = Golden.Load(golden);
        byte[] expected = Slow(image, 0);
        string path = _folder.Write("c", CompressClusters(image, 0));
        using SavedStateFile state = SavedStateFile.Open(path + "#first");
        Same.Bytes(expected, ReadAll(state, 5000));
    }

    [Fact]
    public void A_damaged_compressed_cluster_is_a_defect_at_its_place()
    {
        byte[] image = Golden.Load(Large);
        byte[] packed = CompressClusters(image, 0);
        packed.AsSpan(image.Length + 10, 200).Fill(0xff);
        var defect = Assert.Throws<WireException>(() =>
        {
            using SavedStateFile state = SavedStateFile.Open(_folder.Write("d", packed) + "#first");
            ReadAll(state, 1 << 20);
        });
        Assert.Equal(image.Length, defect.Offset);
    }

    /// <summary>Wherever the image is cut, the machine is whole or there is a defect; so is every flipped bit of its tables.</summary>
    [Fact]
    public void Cuts_and_flips_are_defects_or_other_bytes()
    {
        byte[] image = Golden.Load(Large);
        string whole = Digest(Slow(image, 1));
        int defects = 0;
        for (int length = 0; length < image.Length; length += 99_991)
            defects += Try(_folder.Write("t", image.AsSpan(0, length)), whole);
        Assert.True(Qcow2Header.TryRead(image, out Qcow2Header? header));
        string path = _folder.Write("t", image);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        for (int bit = 0; bit < 112 * 8; bit++)
            Flip(bit);
        for (int bit = (int)header.SnapshotsPosition * 8; bit < Math.Min(image.Length, (int)header.SnapshotsPosition + 160) * 8; bit++)
            Flip(bit);
        Assert.InRange(defects, 100, int.MaxValue);

        void Flip(int bit)
        {
            byte original = image[bit / 8];
            Put((byte)(original ^ (1 << (bit % 8))));
            defects += Try(path, whole);
            Put(original);

            void Put(byte value)
            {
                file.Position = bit / 8;
                file.WriteByte(value);
            }
        }
    }

    private static int Try(string path, string whole)
    {
        try
        {
            using SavedStateFile state = SavedStateFile.Open(path, new OpeningOptions { Snapshot = "second" });

            // A length that a flip made immense is a stream of zeros, and nothing of it is kept.
            byte[] buffer = new byte[1 << 20];
            int count = state.Content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return Digest(buffer.AsSpan(0, count)) == whole ? 0 : 1;
        }
        catch (Exception e) when (e is WireException or UnsupportedFormException)
        {
            return 1;
        }
    }

    /// <summary>The same image with the stored clusters of a machine compressed behind its end, as QEMU stores compressed clusters.</summary>
    private static byte[] CompressClusters(byte[] image, int index)
    {
        var (header, snapshot) = Find(image, index);
        using var changed = new MemoryStream();
        changed.Write(image);
        var tables = (byte[])image.Clone();
        for (ulong at = 0; at < snapshot.VMStateBytes; at += (ulong)header.ClusterBytes)
        {
            (int entryAt, Qcow2Cluster cluster) = Entry(image, header, snapshot, at);
            if (cluster.Kind != Qcow2ClusterKind.Data)
                continue;
            using var packed = new MemoryStream();
            using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                deflate.Write(image.AsSpan((int)cluster.Position, header.ClusterBytes));
            ulong position = (ulong)changed.Length;
            ulong sectors = ((position % 512) + (ulong)packed.Length - 1) / 512;
            int shift = 62 - (header.ClusterBits - 8);
            if (sectors >= 1UL << (header.ClusterBits - 8))
                continue;
            BinaryPrimitives.WriteUInt64BigEndian(tables.AsSpan(entryAt), (1UL << 62) | (sectors << shift) | position);
            changed.Write(packed.ToArray());
        }
        byte[] result = changed.ToArray();
        tables.CopyTo(result, 0);
        return result;
    }

    private static byte[] Slow(byte[] image, int index)
    {
        var (header, snapshot) = Find(image, index);
        byte[] stream = new byte[snapshot.VMStateBytes];
        for (int at = 0; at < stream.Length; at++)
        {
            int inCluster = at % header.ClusterBytes;
            (_, Qcow2Cluster cluster) = Entry(image, header, snapshot, (ulong)(at - inCluster));
            int count = Math.Min(header.ClusterBytes - inCluster, stream.Length - at);
            if (cluster.Kind == Qcow2ClusterKind.Data)
                image.AsSpan((int)cluster.Position + inCluster, count).CopyTo(stream.AsSpan(at));
            at += count - 1;
        }
        return stream;
    }

    private static (Qcow2Header Header, Qcow2Snapshot Snapshot) Find(byte[] image, int index)
    {
        Assert.True(Qcow2Header.TryRead(image, out Qcow2Header? header));
        int position = (int)header.SnapshotsPosition;
        for (; ; index--)
        {
            Assert.True(Qcow2Snapshot.TryRead(image.AsSpan(position), position, header, out Qcow2Snapshot? snapshot, out int consumed));
            if (index == 0)
                return (header, snapshot);
            position += consumed;
        }
    }

    private static (int EntryAt, Qcow2Cluster Cluster) Entry(byte[] image, Qcow2Header header, Qcow2Snapshot snapshot, ulong offset)
    {
        Qcow2Address address = Qcow2Address.OfStream(header, offset);
        int l1At = (int)address.GetL1EntryPosition(snapshot);
        int at = (int)address.GetL2EntryPosition(image.AsSpan(l1At, 8), l1At, header)!.Value;
        return (at, Qcow2Cluster.Parse(image.AsSpan(at, header.L2EntryBytes), at, header));
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private static byte[] ReadAll(SavedStateFile state, int piece)
    {
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[piece];
        while (state.Content.Read(buffer, 0, buffer.Length) is int count and > 0)
            bytes.Write(buffer, 0, count);
        return bytes.ToArray();
    }
}
