using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using ZstdSharp;

namespace Savevm.States.Tests.Opening;

/// <summary>Puts bytes into the forms that files have, independently of the code under test.</summary>
internal static class Packed
{
    internal static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
            stream.Write(bytes);
        return packed.ToArray();
    }

    internal static byte[] Zstd(ReadOnlySpan<byte> bytes)
    {
        using var compressor = new Compressor(1);
        return compressor.Wrap(bytes).ToArray();
    }

    /// <summary>By the program xz; null where there is none.</summary>
    internal static byte[]? Xz(ReadOnlySpan<byte> bytes)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, bytes);
            using var process = Process.Start(new ProcessStartInfo("xz", ["-0", "-c", file]) { RedirectStandardOutput = true })!;
            using var packed = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(packed);
            process.WaitForExit();
            return packed.ToArray();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A libvirt save image as libvirt's own documentation of its header describes it: 92 bytes, texts, payload.</summary>
    internal static byte[] Libvirt(uint format, string xml, string cookie, ReadOnlySpan<byte> payload, string magic = "LibvirtQemudSave")
    {
        byte[] texts = Encoding.UTF8.GetBytes(xml + "\0" + (cookie.Length > 0 ? cookie + "\0" : "") + new string('\0', 64));
        byte[] image = new byte[92 + texts.Length + payload.Length];
        Encoding.ASCII.GetBytes(magic, image);
        uint[] fields = [2, (uint)texts.Length, 1, format, cookie.Length > 0 ? (uint)Encoding.UTF8.GetByteCount(xml) + 1 : 0];
        for (int i = 0; i < fields.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(16 + (4 * i)), fields[i]);
        texts.CopyTo(image, 92);
        payload.CopyTo(image.AsSpan(92 + texts.Length));
        return image;
    }
}
