using System.IO.Compression;
using System.Text;
using Savevm.Wire.Containers.Libvirt;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;
using ZstdSharp;

namespace Savevm.Fuzz.Targets;

/// <summary>A small stream in every form, and bodies of devices.</summary>
internal static partial class Seeds
{
    private const int ClusterBytes = 512;

    // What xz -0 makes of no bytes; the program need not be there.
    private const string EmptyXz = "fd377a585a000004e6d6b446000000001cdf44211fb6f37d010000000004595a";

    public static IEnumerable<byte[]> Forms()
    {
        byte[] stream = MakeStream(false);
        byte[] tiny = Written(writer =>
        {
            ForwardWriter.WriteHeader(writer);
            ForwardWriter.WriteSectionStart(writer, SectionType.Full, 7, "timer", 0, 2);
            writer.WriteBytes("0123456789abcdef"u8);
            ForwardWriter.WriteFooter(writer, 7);
            ForwardWriter.WriteEndOfFile(writer);
        });
        byte[] mapped = MappedRamFile();
        using var compressor = new Compressor(1);
        yield return stream;
        yield return tiny;
        yield return Gzip(stream);
        yield return compressor.Wrap(stream).ToArray();
        yield return compressor.Wrap(Gzip(tiny)).ToArray();
        yield return Convert.FromHexString(EmptyXz);
        yield return mapped;
        yield return Gzip(mapped);
        yield return InLibvirt(LibvirtFormat.Raw, tiny);
        yield return InLibvirt(LibvirtFormat.Gzip, Gzip(tiny));
        yield return InLibvirt(LibvirtFormat.Zstd, compressor.Wrap(tiny).ToArray());
        yield return InQcow2(tiny, isCompressed: false);
        yield return InQcow2(tiny, isCompressed: true);
        yield return Gzip(InQcow2(tiny, isCompressed: true));
    }

    public static IEnumerable<byte[]> NamedBodies()
    {
        var results = new List<byte[]>();
        foreach ((string name, byte version, int bytes) in (ReadOnlySpan<(string, byte, int)>)
            [("timer", 2, 24), ("cpu", 12, 2000), ("0000:00:01.1/ide", 3, 942), ("i8259", 1, 17), ("mc146818rtc", 3, 91), ("fw_cfg", 2, 10),
             ("0000:00:03.0/virtio-net", 11, 1000), ("0000:00:04.0/virtio-blk", 2, 400), ("serial", 3, 10), ("apic", 3, 400), ("globalstate", 1, 104)])
        {
            results.Add([.. Encoding.ASCII.GetBytes(name), 0, 0, version, .. new byte[bytes]]);
        }
        return results;
    }

    private static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
            stream.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] InLibvirt(LibvirtFormat format, byte[] payload)
    {
        LibvirtHeader header = LibvirtHeader.Create("<domain/>"u8, "<c/>"u8, format, wasRunning: true) with { DataBytes = 32 };
        byte[] area = new byte[32];
        "<domain/>\0<c/>"u8.CopyTo(area);
        return [.. Written(header.Write), .. area, .. payload];
    }

    /// <summary>Two pages, of which one is in the file.</summary>
    private static byte[] MappedRamFile()
    {
        const ulong used = 2 * PageBytes;
        StreamDialect dialect = StreamDialect.Default with { HasMappedRam = true };
        byte[] head = Written(writer =>
        {
            ForwardWriter.WriteHeader(writer);
            ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create("pc-i440fx-10.0", ["mapped-ram"]));
            ForwardWriter.WriteSectionStart(writer, SectionType.Start, 2, "ram", 0, 4);
            RamRecordWriter.WriteSetupHead(writer, [new RamSetupBlock("m", used, PageBytes)], dialect);
            ulong place = (ulong)writer.Length + 10 + MappedRamHeader.HeaderBytes;
            RamRecordWriter.WriteSetupBlock(writer, new RamSetupBlock("m", used, PageBytes) { MappedRam = new MappedRamHeader(place, PageBytes) }, dialect);
            writer.WriteBytes([2, 0, 0, 0, 0, 0, 0, 0]);
        });
        byte[] file = new byte[PageBytes + (int)used];
        head.CopyTo(file, 0);
        file.AsSpan(2 * PageBytes).Fill(7);
        byte[] tail = Written(writer =>
        {
            RamRecordWriter.WriteEndOfSection(writer);
            ForwardWriter.WriteFooter(writer, 2);
            ForwardWriter.WriteSectionStart(writer, SectionType.Full, 7, "timer", 0, 2);
            writer.WriteBytes("0123456789abcdef"u8);
            ForwardWriter.WriteFooter(writer, 7);
            ForwardWriter.WriteEndOfFile(writer);
        });
        return [.. file, .. tail];
    }

    /// <summary>Header, snapshot table, L1 table, L2 table and one cluster of the smallest size, each in a cluster of its own.</summary>
    private static byte[] InQcow2(byte[] stream, bool isCompressed)
    {
        byte[] file = new byte[5 * ClusterBytes];
        "QFI"u8.CopyTo(file);
        file[3] = 0xfb;
        Put(4, 3, 4);
        Put(20, 9, 4);
        Put(60, 1, 4);
        Put(64, ClusterBytes, 8);
        Put(96, 4, 4);
        Put(100, 104, 4);
        const int table = ClusterBytes;
        Put(table, 2 * ClusterBytes, 8);
        Put(table + 8, 1, 4);
        Put(table + 12, 1, 2);
        Put(table + 14, 1, 2);
        Put(table + 36, 16, 4);
        Put(table + 40, (ulong)stream.Length, 8);
        "1s"u8.CopyTo(file.AsSpan(table + 56));
        Put(2 * ClusterBytes, 0x8000000000000000 | (3 * ClusterBytes), 8);
        byte[] cluster = new byte[ClusterBytes];
        stream.CopyTo(cluster, 0);
        if (isCompressed)
        {
            using var packed = new MemoryStream();
            using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest))
                deflate.Write(cluster);
            Put(3 * ClusterBytes, 0x4000000000000000 | (4 * ClusterBytes), 8);
            packed.ToArray().CopyTo(file, 4 * ClusterBytes);
        }
        else
        {
            Put(3 * ClusterBytes, 0x8000000000000000 | (4 * ClusterBytes), 8);
            cluster.CopyTo(file, 4 * ClusterBytes);
        }
        return file;

        void Put(int at, ulong value, int bytes)
        {
            for (int i = 0; i < bytes; i++)
                file[at + i] = (byte)(value >> (8 * (bytes - 1 - i)));
        }
    }
}
