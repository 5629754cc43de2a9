using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Savevm.Fuzz.Engine;
using Savevm.Repository.Pages;
using Savevm.Repository.Sections;
using Savevm.Repository.Snapshots;
using Savevm.Repository.WorkingSets;
using Savevm.Wire.Containers.Libvirt;
using Savevm.Wire.Containers.Qcow2;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;
using Savevm.Wire.Ram;

namespace Savevm.Fuzz.Targets;

/// <summary>Whole streams, files, and texts.</summary>
internal static partial class Seeds
{
    private const string SmallDescription =
        """{"page_size": 4096, "configuration": {"vmsd_name": "configuration", "version": 1, "fields": [{"name": "len", "type": "uint32", "size": 4}]}, "devices": [{"name": "d", "instance_id": 0, "version": 1, "fields": [{"name": "l", "type": "qlist", "vmsd_name": "e", "version": 1, "fields": [{"name": "x", "array_len": 2, "type": "uint8", "size": 1}], "size": 4}, {"name": "n", "type": "nullptr", "size": 1}], "subsections": [{"vmsd_name": "d/s", "version": 1, "fields": [{"name": "y", "index": 0, "type": "struct", "struct": {"vmsd_name": "q", "version": 3, "fields": [{"name": "z", "type": "buffer", "size": 2}]}, "size": 2}]}]}]}""";

    public static IEnumerable<byte[]> Descriptions()
    {
        yield return Encoding.ASCII.GetBytes(SmallDescription);
        foreach (string name in (string[])["q100-tiny.stream", "q72-precopy.devices", "q100-q35-devices.devices"])
        {
            string text = DescriptionOf(Places.Golden(name));
            foreach (string device in DevicesOf(text).Where(device => device.Length < 6000).DistinctBy(device => device.Length / 64))
                yield return Encoding.ASCII.GetBytes($$"""{"devices": [{{device}}]}""");
        }
    }

    public static IEnumerable<byte[]> DescribedBodies() =>
        Descriptions().Take(40).Select(text => (byte[])[.. text, 0, .. new byte[Math.Clamp(VMDescription.Parse(text, 0).Devices[0].BodyBytes, 0, 4096)]]);

    public static IEnumerable<byte[]> DirtyBitmaps() =>
    [
        Written(writer =>
        {
            DirtyBitmapWriter.WriteStart(writer, "d0", "b1", 65536, 3);
            DirtyBitmapWriter.WriteBits(writer, null, null, 0, 2048, [.. Enumerable.Repeat((byte)5, 32)]);
            DirtyBitmapWriter.WriteBits(writer, "d0", "b1", 4096, 65536, []);
            DirtyBitmapWriter.WriteStart(writer, "d0", "b2", 512, 1);
            DirtyBitmapWriter.WriteComplete(writer, "d0", "b1");
            DirtyBitmapWriter.WriteEnd(writer);
        }),
    ];

    public static IEnumerable<byte[]> Libvirt()
    {
        foreach (bool isBigEndian in (bool[])[false, true])
        {
            LibvirtHeader header = LibvirtHeader.Create("<domain/>"u8, "<cookie/>"u8, LibvirtFormat.Zstd, wasRunning: true) with
            {
                DataBytes = 64,
                IsBigEndian = isBigEndian,
            };
            byte[] area = new byte[64];
            "<domain/>\0<cookie/>"u8.CopyTo(area);
            yield return [.. Written(header.Write), .. area];
        }
    }

    public static IEnumerable<byte[]> Qcow2()
    {
        foreach (string name in (string[])["q100-savevm.qcow2", "q72-savevm.qcow2"])
        {
            byte[] file = Places.Golden(name);
            Qcow2Header.TryRead(file, out Qcow2Header? header);
            byte[] input = new byte[Qcow2Header.MaxHeaderBytes + 256];
            file.AsSpan(0, Qcow2Header.MaxHeaderBytes).CopyTo(input);
            file.AsSpan((int)header!.SnapshotsPosition, Math.Min(200, file.Length - (int)header.SnapshotsPosition)).CopyTo(input.AsSpan(Qcow2Header.MaxHeaderBytes));
            foreach (ulong cluster in (ulong[])[0x8000000000050000, 0x4000000000050123])
            {
                BinaryPrimitives.WriteUInt64BigEndian(input.AsSpan(input.Length - 24), 0x8000000000040000);
                BinaryPrimitives.WriteUInt64BigEndian(input.AsSpan(input.Length - 16), cluster);
                BinaryPrimitives.WriteUInt64BigEndian(input.AsSpan(input.Length - 8), 0x0000ffff_00000001);
                yield return [.. input];
            }
        }
    }

    public static IEnumerable<byte[]> Streams()
    {
        yield return MakeStream(false);
        yield return MakeStream(true);
        yield return Golden("q100-recovery.stream", 32768);
    }

    public static IEnumerable<byte[]> Manifests()
    {
        StoredDevices devices = new()
        {
            Bytes = 77,
            Checksum = 5,
            MachineName = "pc",
            ConfigurationBytes = 4,
            RamSectionId = 2,
            Sections = [new StoredSection("timer", 0, 2, 3, 15, 9, true), new StoredSection("0000:00:01.1/ide", 1, 3, 40, 40, 0, false)],
            Commands = [new(3, new byte[] { 0, 0, 0, 1 })],
        };
        var facts = new SnapshotFacts
        {
            Created = DateTimeOffset.UnixEpoch,
            RunState = "running",
            Mode = "live",
            Tags = new Dictionary<string, string> { ["purpose"] = "test" },
            Quirks = ["none"],
            Machine = new JsonObject { ["machine_type"] = "pc" },
            Source = new JsonObject { ["argv"] = new JsonArray("qemu", "-m") },
            Disks = [new JsonObject { ["node"] = "n\u00e9" }],
        };
        yield return ManifestWriter.Write("web", facts, [.. Blocks.Select(one => new SealedRamImage(one.Block, one.TableSum, one.DataBytes))], devices, new StoredFile(3, 4));
    }

    public static IEnumerable<byte[]> DeviceFiles() =>
    [
        Written(writer =>
        {
            writer.WriteCountedString("pc"u8);
            writer.WriteByte(2);
            writer.WriteByte(1);
            foreach (uint field in (ReadOnlySpan<uint>)[3, 0, 2])
                writer.WriteUInt32(field);
            writer.WriteUInt16(36);
            writer.WriteUInt16(4);
            writer.WriteCountedString("timer"u8);
            ForwardWriter.WriteHeader(writer);
            ForwardWriter.WriteConfiguration(writer, "pc", [9, 9]);
            ForwardWriter.WriteSectionStart(writer, SectionType.Full, 3, "timer", 0, 2);
            writer.WriteBytes("body"u8);
            ForwardWriter.WriteFooter(writer, 3);
            ForwardWriter.WriteEndOfFile(writer);
        }),
    ];

    public static IEnumerable<byte[]> WorkingSets()
    {
        WorkingSetEntry[] entries = [new(1, 0, 2), new(63, 0, 1), new(0, 1, 2)];
        yield return WorkingSetFile.Write(new WorkingSet([.. Blocks.Select(one => one.Block)], entries, 2), Blocks);
    }

    public static IEnumerable<byte[]> CommandLines() => Lines(
        "qemu-system-x86_64\0-machine\0pc-i440fx-7.2,accel=kvm:tcg\0-m\0size=1G,slots=2\0-nodefaults\0-display\0none\0-S\0-incoming\0defer",
        "qemu\0-M\0q35\0-enable-kvm\0-drive\0file=a,,b.img,if=virtio,id=d0\0-netdev\0user,id=n0,hostfwd=tcp::2222-:22\0-device\0e1000,netdev=n0",
        "qemu\0-object\0memory-backend-file,id=ram0,size=64M,mem-path=/x,share=on\0-chardev\0socket,id=c,path=/t,server=on,wait=off\0-serial\0mon:stdio",
        "qemu\0-blockdev\0{\"driver\":\"qcow2\",\"node-name\":\"n\",\"file\":{\"driver\":\"file\",\"filename\":\"x\"}}\0-vnc\0:1\0-spice\0port=1\0-qmp\0unix:/q,server",
        "qemu\0-name\0guest=a,process=b\0-rtc\0base=utc,clock=vm\0-nographic\0-gdb\0tcp::1\0-pidfile\0/p\0disk.img\0-global\0ide.drive=x\0-s\0-mem-prealloc");

    public static IEnumerable<byte[]> QmpMessages() => Lines(
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}""",
        """{"return": {"a": [1, 2.5, true, null, "x\u00e9"]}, "id": 7}""",
        """{"error": {"class": "GenericError", "desc": "no"}, "id": 18446744073709551615}""",
        """{"event": "STOP", "data": {"x": -1e3}, "timestamp": {"seconds": 1700000000, "microseconds": 5}}""");

    public static IEnumerable<byte[]> BlockGraphs()
    {
        yield return File.ReadAllBytes(Path.Combine(Places.Root, "tests", "Savevm.Qemu.Tests", "Data", "block-graph.json"));
        yield return Encoding.ASCII.GetBytes(
            """{"query-block": [{"device": "virtio0", "inserted": {"node-name": "a", "drv": "qcow2", "file": "json:{\"driver\":\"file\",\"filename\":\"x\"}"}, "qdev": "/machine/peripheral-anon/device[0]/virtio-backend"}], "query-named-block-nodes": [{"node-name": "a", "drv": "qcow2"}, {"node-name": "b", "drv": "file", "file": "c"}], "x-debug-query-block-graph": {"nodes": [{"id": 1, "type": "block-driver", "name": "a"}, {"id": 2, "type": "block-driver", "name": "b"}], "edges": [{"parent": 1, "child": 2, "name": "file"}, {"parent": 1, "child": 1, "name": "backing"}]}}""");
    }

    public static IEnumerable<byte[]> MonitorTexts() => Lines(
        "  Block Name    PSize              Offset               Used              Total\n      pc.ram    4 KiB  0x0000000000000000 0x0000000004000000 0x0000000004000000  rw\n",
        "hub 0\n \\ hub0port0: #net083: index=0,type=user,net=10.0.2.0,restrict=off\ne1000.0: index=0,type=nic,model=e1000,macaddr=52:54:00:12:34:57\n",
        "bus: main-system-bus\n  type System\n  dev: pci-bridge, id \"bridge\"\n    addr = 07.0\n    class PCI bridge, addr 00:07.0, pci id 1b36:0001 (sub 0000:0000)\n    bus: bridge\n      type PCI\n      dev: scsi-hd, id \"d\"\n        drive = \"hd\"\n        addr 0.2, port 2.1, speed 12 Mb/s, name QEMU\n",
        "1024.5M");

    public static IEnumerable<byte[]> LoadRefusals() => Lines(
        "Machine type received is 'pc-q35-7.2' and local is 'pc-i440fx-7.2'\nload of migration failed: Invalid argument",
        "Unknown ramblock \"0000:00:03.0/virtio-net-pci.rom\", cannot accept migration\nerror while loading state for instance 0x0 of device 'ram'\nload of migration failed: Invalid argument",
        "Size mismatch: pc.ram: 0x8000000 != 0x4000000: Invalid argument\nload of migration failed",
        "get_pci_config_device: Bad config data: i=0x10 read: a1 device: 1 cmask: ff wmask: c0 w1cmask:0\nFailed to load PCIDevice:config\nFailed to load e1000:parent_obj\nerror while loading state for instance 0x0 of device '0000:00:03.0/e1000'\nload of migration failed: Invalid argument",
        "Unknown savevm section or instance 'slirp' 1. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices\nload of migration failed: Invalid argument");

    private static byte[] MakeStream(bool isPostcopy) => Written(writer =>
    {
        ForwardWriter.WriteHeader(writer);
        ForwardWriter.WriteConfiguration(writer, ConfigurationRecord.Create("pc-i440fx-7.2"));
        ForwardWriter.WriteCommand(writer, CommandType.OpenReturnPath);
        ForwardWriter.WritePing(writer, 1);
        if (isPostcopy)
            ForwardWriter.WriteCommand(writer, CommandType.PostcopyAdvise, new PostcopyAdvise(0x1000, 0x1000).ToPayload());
        ForwardWriter.WriteSectionStart(writer, SectionType.Start, 2, "ram", 0, 4);
        RamRecordWriter.WriteSetup(writer, [new RamSetupBlock("m", 0x2000, 0x1000), new RamSetupBlock("n", 0x1000, 0x1000)], StreamDialect.Default);
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, 2);
        Span<byte> head = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 8];
        foreach (SectionType type in (SectionType[])[SectionType.Part, SectionType.End])
        {
            ForwardWriter.WriteSectionPart(writer, type, 2);
            writer.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, 0x1000, "m"u8)]);
            writer.WriteBytes(head[..RamRecordWriter.WritePageHeader(head, 0, [])]);
            writer.WriteBytes(new byte[PageBytes]);
            RamRecordWriter.WriteEndOfSection(writer);
            ForwardWriter.WriteFooter(writer, 2);
        }
        byte[] devices = Written(inner =>
        {
            ForwardWriter.WriteSectionStart(inner, SectionType.Full, 7, "timer", 0, 2);
            inner.WriteBytes("0123456789abcdef"u8);
            ForwardWriter.WriteFooter(inner, 7);
            ForwardWriter.WriteSectionStart(inner, SectionType.Full, 8, "port92", 0, 1);
            inner.WriteByte(0);
            ForwardWriter.WriteFooter(inner, 8);
        });
        if (isPostcopy)
        {
            ForwardWriter.WriteCommand(writer, CommandType.PostcopyRamDiscard, new RamDiscard("m", [new RamRange(0, 0x1000)]).ToPayload());
            ForwardWriter.WritePackagedHeader(writer, (uint)devices.Length);
        }
        writer.WriteBytes(devices);
        ForwardWriter.WriteEndOfFile(writer);
        ForwardWriter.WriteDescription(
            writer,
            """{"devices": [{"name": "timer", "instance_id": 0, "version": 2, "fields": [{"size": 16}]}, {"name": "port92", "instance_id": 0, "version": 1, "fields": [{"size": 1}]}]}""");
    });

    /// <summary>The text behind the last mark of a description that counts up to the end.</summary>
    private static string DescriptionOf(byte[] stream)
    {
        for (int at = stream.Length - 6; at >= 0; at--)
        {
            if (stream[at] == (byte)SectionType.VMDescription && BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(at + 1)) == stream.Length - at - 5)
                return Encoding.ASCII.GetString(stream.AsSpan(at + 5));
        }
        throw new InvalidDataException("a vector without description");
    }

    /// <summary>Each element of the array of devices. Names hold no braces.</summary>
    private static IEnumerable<string> DevicesOf(string description)
    {
        int depth = 0;
        int start = 0;
        for (int at = description.IndexOf("\"devices\"", StringComparison.Ordinal); at < description.Length; at++)
        {
            if (description[at] == '{' && depth++ == 0)
                start = at;
            if (description[at] == '}' && --depth == 0)
                yield return description[start..(at + 1)];
        }
    }
}
