using System.IO.Compression;
using System.Text;
using Savevm.Wire;
using Savevm.Wire.Containers.Libvirt;
using ZstdSharp;

namespace Savevm.States.Writing;

/// <summary>Writes a libvirt save image, which <c>virsh restore FILE</c> takes.</summary>
public static class LibvirtWriter
{
    private const int ZstdLevel = 3;

    /// <summary>Writes the image.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="domainXml">The domain XML, which must describe the very same devices.</param>
    /// <param name="cookie">libvirt's cookie, where the machine came with one; else empty.</param>
    /// <param name="wasRunning">libvirt shall let the guest run after it was restored.</param>
    /// <param name="format">
    /// <see cref="LibvirtFormat.Raw"/>, <see cref="LibvirtFormat.Gzip"/>, <see cref="LibvirtFormat.Zstd"/>, or
    /// <see cref="LibvirtFormat.Sparse"/>, for which the target must be a file.
    /// </param>
    /// <param name="target">Where to.</param>
    /// <param name="watch">Counts.</param>
    /// <exception cref="ArgumentException">A format that is not written, or texts that cannot be stored.</exception>
    /// <exception cref="IOException">The target refused.</exception>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public static void Write(
        SavedMachine machine, string domainXml, string cookie, bool wasRunning, LibvirtFormat format, ExportFile target, WritingWatch watch)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(target);
        byte[] xml = Encoding.UTF8.GetBytes(domainXml);
        byte[] cookieBytes = Encoding.UTF8.GetBytes(cookie);
        LibvirtHeader header = LibvirtHeader.Create(xml, cookieBytes, format, wasRunning);
        var writer = new WireWriter();
        header.Write(writer);
        ExportStream stream = target.Stream;
        stream.Write(writer.WrittenSpan);
        stream.Write(xml);
        stream.WriteByte(0);
        if (cookieBytes.Length > 0)
        {
            stream.Write(cookieBytes);
            stream.WriteByte(0);
        }
        stream.WriteZeros(header.PayloadPosition - stream.Position);
        switch (format)
        {
            case LibvirtFormat.Raw:
                QevmWriter.Write(machine, stream, watch);
                break;
            case LibvirtFormat.Gzip:
                using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
                    QevmWriter.Write(machine, new ForwardExportStream(gzip), watch);
                stream.Flush();
                break;
            case LibvirtFormat.Zstd:
                using (var zstd = new CompressionStream(stream, ZstdLevel, leaveOpen: true))
                    QevmWriter.Write(machine, new ForwardExportStream(zstd), watch);
                stream.Flush();
                break;
            case LibvirtFormat.Sparse:
                MappedRamWriter.Write(machine, target, new MappedRamOptions(), watch, header.PayloadPosition);
                break;
            default:
                throw new ArgumentException($"libvirt images of the format {format} are not written.", nameof(format));
        }
    }
}
