using System.Buffers.Binary;
using System.Text;
using Savevm.Qemu.Disks;

namespace Savevm.Qemu.Tests.Disks;

/// <summary>Against the offsets of the format's specification; that QEMU opens them is shown by the tests with a QEMU.</summary>
public sealed class OverlayImageTests
{
    [Theory]
    [InlineData(1, 512, 1)]
    [InlineData(512, 512, 1)]
    [InlineData(536870912, 536870912, 1)]
    [InlineData(536870913, 536871424, 2)]
    [InlineData(17592186044416, 17592186044416, 32768)]
    public void The_header_says_where_everything_is(long bytes, long expectedBytes, uint l1Entries)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "o.qcow2");
        OverlayImage.Create(path, bytes, "/srv/base.raw", "raw");
        byte[] image = File.ReadAllBytes(path);
        Assert.Equal(0x514649fbu, U32(image, 0));
        Assert.Equal(3u, U32(image, 4));
        Assert.Equal(16u, U32(image, 20));
        Assert.Equal((ulong)expectedBytes, U64(image, 24));
        Assert.Equal(l1Entries, U32(image, 36));
        Assert.Equal(0x30000ul, U64(image, 40));
        Assert.Equal(0x10000ul, U64(image, 48));
        Assert.Equal(1u, U32(image, 56));
        Assert.Equal(4u, U32(image, 96));
        Assert.Equal(104u, U32(image, 100));
        // The only reference count block, and in it one for each cluster of the file.
        Assert.Equal(0x20000ul, U64(image, 0x10000));
        int clusters = image.Length / 65536;
        Assert.Equal(0, image.Length % 65536);
        Assert.Equal(Enumerable.Repeat((ushort)1, clusters), Enumerable.Range(0, clusters).Select(i => BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(0x20000 + (2 * i)))));
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(image.AsSpan(0x20000 + (2 * clusters))));
        Assert.Equal("/srv/base.raw", Backing(image));
        Assert.Equal("raw", Format(image));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_disk_of_zeros_names_nothing()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "o.qcow2");
        OverlayImage.Create(path, 1 << 20, null, null);
        byte[] image = File.ReadAllBytes(path);
        Assert.Equal(0ul, U64(image, 8));
        Assert.Null(Format(image));
    }

    [Fact]
    public void The_image_below_is_named_anew_and_other_extensions_stay()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "o.qcow2");
        OverlayImage.Create(path, 1 << 20, "/first", "qcow2");
        // An unknown extension in front of all, as a newer QEMU might write it.
        byte[] image = File.ReadAllBytes(path);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(104), 0x12345678);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(108), 5);
        "abcde"u8.CopyTo(image.AsSpan(112));
        image.AsSpan(117, 100).Clear();
        File.WriteAllBytes(path, image);
        OverlayImage.SetBacking(path, "00-1.qcow2", "raw");
        image = File.ReadAllBytes(path);
        Assert.Equal("00-1.qcow2", Backing(image));
        Assert.Equal("raw", Format(image));
        Assert.Equal("abcde", Encoding.ASCII.GetString(image, 112, 5));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "o.qcow2");
        Assert.Throws<QemuException>(() => OverlayImage.Create(path, 512, new string('x', OverlayImage.MaximumBackingBytes + 1), "raw"));
        Assert.Throws<QemuException>(() => OverlayImage.Create(path, 0, null, null));
        Assert.Throws<QemuException>(() => OverlayImage.Create(path, long.MaxValue, null, null));
        Assert.False(File.Exists(path));
        File.WriteAllText(path, "no image");
        Assert.Throws<QemuException>(() => OverlayImage.SetBacking(path, "/b", "raw"));
        Assert.Equal("no image", File.ReadAllText(path));
        Assert.Throws<IOException>(() => OverlayImage.Create(path, 512, null, null));
    }

    private static uint U32(byte[] image, int at) => BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(at));

    private static ulong U64(byte[] image, int at) => BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(at));

    private static string Backing(byte[] image) => Encoding.UTF8.GetString(image, (int)U64(image, 8), (int)U32(image, 16));

    private static string? Format(byte[] image)
    {
        for (int at = (int)U32(image, 100); U32(image, at) != 0; at += 8 + (((int)U32(image, at + 4) + 7) / 8 * 8))
        {
            if (U32(image, at) == 0xe2792aca)
            {
                return Encoding.ASCII.GetString(image, at + 8, (int)U32(image, at + 4));
            }
        }

        return null;
    }
}
