using System.IO.Compression;
using Savevm.Wire.Containers;

namespace Savevm.Wire.Tests.Containers;

public class ContainerTableTests
{
    [Theory]
    [InlineData("'QEVM' 00000003", ContainerKind.Stream, 4)]
    [InlineData("'LibvirtQemudSave' 02", ContainerKind.Libvirt, 16)]
    [InlineData("'LibvirtQemudPart' 02", ContainerKind.LibvirtPartial, 16)]
    [InlineData("'QFI' fb 00000003", ContainerKind.Qcow2, 4)]
    [InlineData("'SVMRELAY' 00000001", ContainerKind.Recording, 8)]
    [InlineData("1f8b0800", ContainerKind.Gzip, 3)]
    [InlineData("28b52ffd04", ContainerKind.Zstd, 4)]
    [InlineData("fd '7zXZ' 0000", ContainerKind.Xz, 6)]
    [InlineData("'BZh9'", ContainerKind.Bzip2, 3)]
    [InlineData("89 'LZO' 000d0a1a0a00", ContainerKind.Lzop, 9)]
    [InlineData("'LibvirtQemudX'", ContainerKind.Unknown, 13)]
    [InlineData("'QEVN'", ContainerKind.Unknown, 4)]
    [InlineData("00", ContainerKind.Unknown, 1)]
    [InlineData("7f 'ELF'", ContainerKind.Unknown, 1)]
    public void First_bytes_tell_the_file_as_soon_as_they_can(string bytes, ContainerKind expected, int needed)
    {
        byte[] window = Hex.Bytes(bytes);
        for (int cut = 0; cut < needed; cut++)
        {
            Assert.False(ContainerTable.TryRecognise(window.AsSpan(0, cut), endOfInput: false, out _), $"cut at {cut}");
            Assert.True(ContainerTable.TryRecognise(window.AsSpan(0, cut), endOfInput: true, out ContainerKind none));
            Assert.Equal(ContainerKind.Unknown, none);
        }
        Assert.True(ContainerTable.TryRecognise(window.AsSpan(0, needed), endOfInput: false, out ContainerKind kind));
        Assert.Equal(expected, kind);
        Assert.True(needed <= ContainerTable.MaxMagicBytes);
    }

    [Fact]
    public void What_a_compressor_writes_is_recognised()
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionMode.Compress, leaveOpen: true))
            gzip.Write("QEVM"u8);
        Assert.True(ContainerTable.TryRecognise(file.ToArray(), endOfInput: true, out ContainerKind kind));
        Assert.Equal(ContainerKind.Gzip, kind);
        Assert.True(ContainerTable.Find(kind)!.IsCompression);
    }
}
