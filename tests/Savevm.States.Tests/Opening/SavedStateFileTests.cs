using System.IO.Pipes;
using Savevm.States.Opening;
using Savevm.States.Opening.Xz;
using Savevm.Wire;
using Savevm.Wire.Containers;
using Savevm.Wire.Containers.Libvirt;

namespace Savevm.States.Tests.Opening;

/// <summary>Every form around a stream of a real QEMU gives back its bytes.</summary>
public sealed class SavedStateFileTests : IDisposable
{
    private const string Xml = "<domain type='qemu'><name>wéb</name></domain>";

    private readonly TestFolder _folder = new();
    private readonly byte[] _stream = Golden.Load("q100-tiny.stream.gz");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    [InlineData("gzip zstd")]
    [InlineData("libvirt")]
    [InlineData("libvirt gzip")]
    [InlineData("libvirt zstd")]
    [InlineData("libvirt xz")]
    [InlineData("zstd libvirt")]
    [InlineData("xz libvirt zstd")]
    public void A_stream_comes_out_of_every_form(string forms)
    {
        byte[] file = Pack(_stream, forms);
        using SavedStateFile fromFile = SavedStateFile.Open(_folder.Write("state", file));
        AssertIs(fromFile, forms);
        using SavedStateFile fromPipe = SavedStateFile.Open(PipeOf(file));
        AssertIs(fromPipe, forms);
        Assert.Null(fromPipe.Storage);
    }

    [Fact]
    public void Files_of_several_members_are_read_to_the_end()
    {
        byte[] halves = [.. Packed.Gzip(_stream.AsSpan(0, 5000)), .. Packed.Gzip(_stream.AsSpan(5000))];
        AssertContent(_stream, _folder.Write("gz", halves));
        halves = [.. Packed.Zstd(_stream.AsSpan(0, 5000)), .. Packed.Zstd(_stream.AsSpan(5000))];
        AssertContent(_stream, _folder.Write("zst", halves));
        halves = [.. Xz(_stream.AsSpan(0, 5000)), .. Xz(_stream.AsSpan(5000))];
        AssertContent(_stream, _folder.Write("xz", halves));
    }

    [Theory]
    [InlineData("q100-mapped.file.gz", "plain")]
    [InlineData("q100-mapped.file.gz", "gzip")]
    [InlineData("q100-mapped.file.gz", "zstd")]
    public void A_mapped_ram_file_can_be_read_anywhere(string golden, string forms)
    {
        byte[] plain = Golden.Load(golden);
        byte[] file = Pack(plain, forms);
        foreach (SavedStateFile state in new[] { SavedStateFile.Open(_folder.Write("m", file)), SavedStateFile.Open(PipeOf(file), Spooling()) })
        {
            using (state)
            {
                Assert.True(state.IsMappedRam);
                Assert.Equal(0, state.ContentOffset);
                Assert.Equal(plain.Length, state.Storage!.Length);
                byte[] pages = new byte[4096];
                Assert.Equal(pages.Length, state.Storage.Read(pages, 0x400000));
                Assert.Equal(plain[0x400000..0x401000], pages);
                Same.Bytes(plain, ReadAll(state));
            }
        }
        Assert.Empty(Directory.GetFiles(_folder.PathOf("spool")));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("zstd")]
    public void A_sparse_libvirt_image_counts_from_the_beginning_of_the_file(string forms)
    {
        byte[] image = Golden.Load("q100-mapped-offset.file.gz");
        int streamAt = image.AsSpan().IndexOf("QEVM"u8);
        byte[] head = Packed.Libvirt(6, new string('x', streamAt - 92 - 65), "", []);
        Assert.Equal(streamAt, head.Length);
        head.CopyTo(image, 0);
        using SavedStateFile state = SavedStateFile.Open(_folder.Write("sparse", Pack(image, forms)), Spooling());
        Assert.True(state.IsMappedRam);
        Assert.Equal(LibvirtFormat.Sparse, state.Libvirt!.Header.Format);
        Assert.Equal(streamAt, state.ContentOffset);
        byte[] part = new byte[100];
        state.Storage!.Read(part, image.Length - 100);
        Assert.Equal(image[^100..], part);
        Same.Bytes(image.AsSpan(streamAt), ReadAll(state));
    }

    [Fact]
    public void What_cannot_be_opened_says_what_it_is_and_what_to_do()
    {
        AssertRefused("BZh91AY&SY0123456789"u8.ToArray(), "bzip2", "bzip2 -d");
        AssertRefused([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4, 5, 6, 7], "lzop", "lzop -d");
        AssertRefused(Packed.Libvirt(2, Xml, "", "BZh91AY&SY0123456789"u8), "bzip2", "bzip2 -d");
        AssertRefused("#!/bin/sh\necho nothing of ours"u8.ToArray(), "no saved machine", "known are");
        AssertRefused(Packed.Gzip("nothing of ours either"u8), "no saved machine in this gzip", "known are");
        var missing = Assert.Throws<UnsupportedFormException>(() => LzmaLibrary.Load("liblzma-of-nobody.so.5"));
        Assert.Contains("apt install liblzma5", missing.Hint, StringComparison.Ordinal);
        var folder = Assert.Throws<UnsupportedFormException>(() => SavedStateFile.Open(_folder.Root));
        Assert.Contains("folder", folder.Message, StringComparison.Ordinal);

        // A zstd frame whose window is 256 MiB: descriptor 0, window exponent 18 (2^28), one empty block.
        AssertRefused([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 0x01, 0x00, 0x00], "128 MiB", "--long=31");
    }

    [Fact]
    public async Task Who_takes_a_bare_stream_alone_unpacks_copies_and_waits_for_nothing()
    {
        byte[] plain = Golden.Load("q100-mapped.file.gz");
        var options = new OpeningOptions { IsBare = true, SpoolFolder = _folder.PathOf("not-there") };
        using (SavedStateFile state = SavedStateFile.Open(_folder.Write("m", plain), options))
            Assert.True(state.IsMappedRam);
        foreach (string forms in (string[])["gzip", "zstd", "libvirt", "xz"])
        {
            string path = _folder.Write("packed", Pack(plain, forms));
            Assert.Contains(forms, Assert.Throws<UnsupportedFormException>(() => SavedStateFile.Open(path, options)).Message, StringComparison.Ordinal);
        }
        Assert.Contains("regular", Assert.Throws<UnsupportedFormException>(() => SavedStateFile.Open(PipeOf(plain), options)).Message, StringComparison.Ordinal);
        string pipe = _folder.PathOf("pipe");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe))
            made.WaitForExit();
        Task opening = Task.Run(() => SavedStateFile.Open(pipe, options), TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<UnsupportedFormException>(() => opening.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Defects_are_named_with_their_offset()
    {
        AssertDefect([], 0, "empty");
        AssertDefect(Packed.Libvirt(0, Xml, "", _stream, "LibvirtQemudPart"), 0, "not finished");
        byte[] image = Packed.Libvirt(0, Xml, "", Packed.Gzip(_stream));
        AssertDefect(image, 92 + Xml.Length + 2 + 64, "promises Raw");
        AssertDefect(image[..80], 0, "ends in the header");
        AssertDefect(image[..120], 120, "ends in the XML");
        AssertDefect(Packed.Libvirt(0, Xml, "", image), 92 + Xml.Length + 2 + 64, "promises Raw");
        AssertDefect(Packed.Libvirt(6, Xml, "", _stream), 92 + Xml.Length + 2 + 64, "no mapped-ram");
        byte[] many = _stream;
        for (int i = 0; i < 9; i++)
            many = Packed.Gzip(many);
        AssertDefect(many, 0, "more than 8 layers");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    public void A_cut_or_damaged_compressed_file_is_a_defect_at_its_place(string form)
    {
        byte[] file = Pack(_stream, form);
        var cut = Assert.Throws<WireException>(() => ReadAll(file[..(file.Length / 2)]));
        Assert.Contains("ends before its end", cut.Reason, StringComparison.Ordinal);
        Assert.Equal(file.Length / 2, cut.Offset);
        byte[] damaged = [.. file];
        damaged.AsSpan(file.Length / 2, 40).Fill(0xff);
        var found = Assert.Throws<WireException>(() => ReadAll(damaged));
        Assert.InRange(found.Offset, 1, file.Length);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    public void Wherever_a_compressed_file_is_cut_it_is_told(string form)
    {
        byte[] file = Pack(_stream.AsSpan(0, 2000).ToArray(), form);
        for (int length = 6; length < file.Length; length += length < 30 ? 1 : 13)
            Assert.Contains("ends before its end", Assert.Throws<WireException>(() => ReadAll(file[..length])).Reason, StringComparison.Ordinal);
        if (form == "gzip")
            Assert.Equal(2000, ReadAll([.. file, .. new byte[300]]).Length);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    [InlineData("libvirt")]
    [InlineData("plain")]
    public void No_flipped_bit_makes_more_than_a_defect(string form)
    {
        byte[] file = Pack(_stream.AsSpan(0, 3000).ToArray(), form);
        int different = 0;
        for (int at = 0; at < Math.Min(file.Length, 700); at += at < 120 ? 1 : 3)
        {
            byte[] flipped = [.. file];
            flipped[at] ^= (byte)(1 << (at % 8));
            try
            {
                if (!ReadAll(flipped).AsSpan().SequenceEqual(_stream.AsSpan(0, 3000)))
                    different++;
            }
            catch (Exception e) when (e is WireException or UnsupportedFormException)
            {
                different++;
            }
        }
        Assert.NotEqual(0, different);
    }

    [Fact]
    public void Progress_is_that_of_the_file()
    {
        var seen = new List<long>();
        byte[] noise = new byte[5 << 20];
        new Random(1).NextBytes(noise);
        _stream.CopyTo(noise, 0);
        byte[] file = Packed.Zstd(noise);
        using SavedStateFile state = SavedStateFile.Open(_folder.Write("p", file), new OpeningOptions { Progress = new Direct(seen.Add) });
        Same.Bytes(noise, ReadAll(state));
        Assert.InRange(seen[^1], file.Length - (2 << 20), file.Length);
        Assert.Equal(seen.Order(), seen);
    }

    private void AssertIs(SavedStateFile state, string forms)
    {
        string[] expected = [.. forms.Split(' ').Where(form => form != "plain").Select(form => form == "libvirt" ? "libvirt save image" : form), "QEVM stream"];
        Assert.Equal(expected, state.Layers.Select(layer => layer.Name));
        Assert.Equal(ContainerKind.Stream, state.Layers[^1].Kind);
        Assert.Equal("pc-i440fx-10.0", state.Configuration!.MachineName);
        Assert.False(state.IsMappedRam);
        if (forms.Contains("libvirt", StringComparison.Ordinal))
        {
            Assert.Equal((Xml, "<cookie/>"), (state.Libvirt!.Xml, state.Libvirt.Cookie));
            Assert.True(state.Libvirt.Header.WasRunning);
        }
        if (forms.EndsWith("libvirt", StringComparison.Ordinal))
            Assert.Equal(state.Libvirt!.Header.PayloadPosition, state.ContentOffset);
        else
            Assert.Equal(0, state.ContentOffset);
        Same.Bytes(_stream, ReadAll(state));
    }

    private void AssertRefused(byte[] file, string reason, string hint)
    {
        var refused = Assert.Throws<UnsupportedFormException>(() => ReadAll(file));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
    }

    private void AssertDefect(byte[] file, long offset, string reason)
    {
        var defect = Assert.Throws<WireException>(() => ReadAll(file));
        Assert.Contains(reason, defect.Reason, StringComparison.Ordinal);
        Assert.Equal(offset, defect.Offset);
    }

    private static void AssertContent(byte[] expected, string path)
    {
        using SavedStateFile state = SavedStateFile.Open(path);
        Same.Bytes(expected, ReadAll(state));
    }

    private byte[] ReadAll(byte[] file)
    {
        using SavedStateFile state = SavedStateFile.Open(_folder.Write("f", file));
        return ReadAll(state);
    }

    private static byte[] ReadAll(SavedStateFile state)
    {
        using var bytes = new MemoryStream();
        state.Content.CopyTo(bytes);
        return bytes.ToArray();
    }

    private OpeningOptions Spooling() => new() { SpoolFolder = Directory.CreateDirectory(_folder.PathOf("spool")).FullName };

    private static byte[] Pack(byte[] bytes, string forms)
    {
        foreach (string form in forms.Split(' ').Reverse())
        {
            uint format = ContainerTable.TryRecognise(bytes, true, out ContainerKind kind) && kind == ContainerKind.Gzip ? 1u
                : kind == ContainerKind.Xz ? 3u : kind == ContainerKind.Zstd ? 5u : 0;
            bytes = form switch
            {
                "gzip" => Packed.Gzip(bytes),
                "zstd" => Packed.Zstd(bytes),
                "xz" => Xz(bytes),
                "libvirt" => Packed.Libvirt(format, Xml, "<cookie/>", bytes),
                _ => bytes,
            };
        }
        return bytes;
    }

    private static byte[] Xz(ReadOnlySpan<byte> bytes)
    {
        byte[]? packed = Packed.Xz(bytes);
        Assert.SkipWhen(packed is null, "there is no program xz to make a file with");
        return packed;
    }

    private static AnonymousPipeClientStream PipeOf(byte[] bytes)
    {
        var server = new AnonymousPipeServerStream(PipeDirection.Out);
        var client = new AnonymousPipeClientStream(PipeDirection.In, server.ClientSafePipeHandle);
        var writing = new Thread(() =>
        {
            try
            {
                using (server)
                    server.Write(bytes);
            }
            catch (IOException)
            {
                // Whoever reads has seen enough.
            }
        });
        writing.IsBackground = true;
        writing.Start();
        return client;
    }

    private sealed class Direct(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
