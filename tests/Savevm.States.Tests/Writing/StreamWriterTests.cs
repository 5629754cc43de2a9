using System.Text;
using Savevm.Machine.Ram;
using Savevm.States.Opening;
using Savevm.States.Writing;
using Savevm.Wire.Containers.Libvirt;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.States.Tests.Writing;

/// <summary>Streams, mapped-ram files and libvirt images of a machine whose every byte is known.</summary>
public sealed class StreamWriterTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly SampleMachine _machine = SampleMachine.Small;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_stream_has_every_page_once_and_the_devices_as_they_were()
    {
        byte[] stream = Write("qevm", file => QevmWriter.Write(_machine.Saved, file.Stream, new WritingWatch()));
        int at = 8;
        Assert.True(ForwardReader.TryReadConfiguration(stream.AsSpan(at), at, out ConfigurationRecord? configuration, out int consumed));
        Assert.Equal("pc-i440fx-10.0", configuration.MachineName);
        Assert.Empty(configuration.Capabilities);
        Assert.Equal(Guid.AllBitsSet, configuration.Uuid);
        at += consumed;
        var lines = new List<string>();
        var pages = new Dictionary<string, byte[]>();
        string block = "";
        while (stream[at] != (byte)SectionType.Eof)
        {
            Assert.True(ForwardReader.TryReadSectionHeader(stream.AsSpan(at), at, out SectionHeader header, out consumed));
            at += consumed;
            lines.Add($"{header.Type} {header.SectionId} {header.IdStr} {header.InstanceId} {header.VersionId}");
            if (header.Type == SectionType.Full)
                at += header.IdStr!.StartsWith('v') ? 2 : header.IdStr.StartsWith('t') ? 3 : 0;
            else
                ReadPages(stream, ref at, ref block, pages);
            Assert.True(ForwardReader.TryReadFooter(stream.AsSpan(at), at, header.SectionId, out consumed));
            at += consumed;
        }
        Assert.Equal(
            ["Full 9 virtio-mem-device-early 0 1", "Start 7 ram 0 4", "Part 7  0 0", "End 7  0 0", "Full 0 timer 0 2", "Full 40 0000:00:01.1/ide 1 3"], lines);
        for (int i = 0; i < _machine.Blocks.Count; i++)
            Same.Bytes(_machine.BytesOf(i), pages[_machine.Blocks[i].IdStr]);
        byte[] end = [0, 6, 0, 0, 0, 15, .. "{\"devices\": []}"u8];
        Assert.Equal(end, stream[at..]);
    }

    [Fact]
    public void Many_pages_are_many_sections_and_each_names_its_block()
    {
        var machine = new SampleMachine((_, page) => page != 20_000, ("a", 40_000), ("b", 10));
        byte[] stream = Write("many", file => QevmWriter.Write(machine.Saved, file.Stream, new WritingWatch()));
        byte[] part = [2, 0, 0, 0, 7];
        int count = 0;
        for (int at = stream.AsSpan().IndexOf(part); at >= 0 && at < stream.Length;)
        {
            Assert.True(RamRecordReader.TryRead(stream.AsSpan(at + 5), at, out RamRecord record, out _));
            Assert.False(record.BlockName.IsEmpty);
            count++;
            int next = stream.AsSpan(at + 5).IndexOf(part);
            at = next < 0 ? stream.Length : at + 5 + next;
        }
        Assert.Equal(3, count);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, false)]
    [InlineData(3, true)]
    public void A_mapped_ram_file_is_the_same_whoever_writes_it(int threads, bool isDirect)
    {
        var machine = new SampleMachine((block, page) => page / 7 % 3 == block, ("pc.ram", 5000), ("x", 1), ("pc.bios", 64));
        var watch = new WritingWatch();
        byte[] file = Write("m", target => MappedRamWriter.Write(
            machine.Saved, target, new MappedRamOptions { Threads = threads, IsDirect = isDirect }, watch));
        Assert.Equal((5065 * 4096, 5065), (watch.TotalBytes, machine.PagesRead));
        Assert.InRange(new FileInfo(_folder.PathOf("m")).Length, 22 << 20, 26 << 20);
        using SavedStateFile state = SavedStateFile.Open(_folder.PathOf("m"));
        Assert.True(state.IsMappedRam);
        Assert.Equal(["mapped-ram"], state.Configuration!.Capabilities);
        int at = file.AsSpan().IndexOf("\u0006pc.ram"u8);
        for (int i = 0; i < 3; i++)
        {
            RamBlock block = machine.Blocks[i];
            at += 1 + block.IdStr.Length + 8;
            Assert.True(MappedRamHeader.TryRead(
                file.AsSpan(at), at, (ulong)block.UsedLength, new() { HasMappedRam = true }, out MappedRamHeader header));
            Assert.Equal(MappedRamHeader.Place((ulong)at, (ulong)block.UsedLength), header);
            byte[] expected = machine.BytesOf(i);
            Same.Bytes(expected, file.AsSpan((int)header.PagesPosition, expected.Length).ToArray());
            for (int page = 0; page < block.PageCount; page++)
            {
                bool isZero = ZeroPage.IsZero(expected.AsSpan(page * 4096, 4096));
                Assert.Equal(!isZero, PageBits.IsSet(file.AsSpan((int)header.BitmapPosition), page));
            }
            at = (int)header.GetNextPosition((ulong)at, (ulong)block.UsedLength);
        }
        Assert.EndsWith("{\"devices\": []}", Encoding.UTF8.GetString(file.AsSpan(at)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LibvirtFormat.Raw)]
    [InlineData(LibvirtFormat.Gzip)]
    [InlineData(LibvirtFormat.Zstd)]
    public void A_libvirt_image_holds_the_same_stream(LibvirtFormat format)
    {
        byte[] stream = Write("qevm", file => QevmWriter.Write(_machine.Saved, file.Stream, new WritingWatch()));
        string xml = DomainXml.Minimal("a<b", Guid.AllBitsSet, "pc-i440fx-10.0", 64 << 20, 2, isAccelerated: false, emulator: "/usr/bin/qemu");
        Assert.Contains("<name>a&lt;b</name>", xml, StringComparison.Ordinal);
        Write("image", file => LibvirtWriter.Write(_machine.Saved, xml, "<c/>", true, format, file, new WritingWatch()));
        using SavedStateFile state = SavedStateFile.Open(_folder.PathOf("image"));
        Assert.Equal((xml, "<c/>", format), (state.Libvirt!.Xml, state.Libvirt.Cookie, state.Libvirt.Header.Format));
        using var content = new MemoryStream();
        state.Content.CopyTo(content);
        Same.Bytes(stream, content.ToArray());
    }

    [Fact]
    public void A_sparse_libvirt_image_has_positions_of_the_whole_file()
    {
        byte[] image = Write("image", file => LibvirtWriter.Write(_machine.Saved, "<domain/>", "", false, LibvirtFormat.Sparse, file, new WritingWatch()));
        using SavedStateFile state = SavedStateFile.Open(_folder.PathOf("image"));
        Assert.True(state.IsMappedRam);
        Assert.Equal(92 + 10 + 65536, state.ContentOffset);
        Same.Bytes(_machine.BytesOf(0), image.AsSpan(1 << 20, (int)_machine.Blocks[0].UsedLength).ToArray());
    }

    private byte[] Write(string name, Action<ExportFile> write)
    {
        using (ExportFile file = ExportFile.Create(_folder.PathOf(name)))
        {
            write(file);
            Assert.False(File.Exists(file.Path));
            file.Commit(sync: false);
        }
        Assert.DoesNotContain(Directory.GetFiles(_folder.Root), path => Path.GetFileName(path).StartsWith('.'));
        return File.ReadAllBytes(_folder.PathOf(name));
    }

    private void ReadPages(byte[] stream, ref int at, ref string block, Dictionary<string, byte[]> pages)
    {
        while (true)
        {
            Assert.True(RamRecordReader.TryRead(stream.AsSpan(at), at, out RamRecord record, out int consumed));
            at += consumed;
            if (!record.BlockName.IsEmpty)
                block = Encoding.ASCII.GetString(record.BlockName);
            switch (record.Kind)
            {
                case RamRecordKind.EndOfSection:
                    return;
                case RamRecordKind.MemorySize:
                    Assert.Equal((ulong)_machine.Saved.RamBytes, record.Address);
                    foreach (RamBlock expected in _machine.Blocks)
                    {
                        Assert.True(RamSetupReader.TryReadBlock(stream.AsSpan(at), at, new(), 1 << 30, out RamSetupBlock? found, out consumed));
                        Assert.Equal((expected.IdStr, (ulong)expected.UsedLength), (found.IdStr, found.UsedLength));
                        at += consumed;
                        byte[] unseen = new byte[expected.UsedLength];
                        unseen.AsSpan().Fill(0xee);
                        pages[expected.IdStr] = unseen;
                    }
                    break;
                case RamRecordKind.ZeroPage:
                    Put(pages[block], record.Address, new byte[4096]);
                    break;
                default:
                    Assert.Equal(RamRecordKind.Page, record.Kind);
                    Put(pages[block], record.Address, stream.AsSpan(at, 4096));
                    at += 4096;
                    break;
            }
        }

        static void Put(byte[] target, ulong address, ReadOnlySpan<byte> page)
        {
            // Every page once.
            Assert.Equal(0xee, target[address]);
            page.CopyTo(target.AsSpan((int)address));
        }
    }
}
