using Savevm.States.Opening.Xz;
using Savevm.Wire.Containers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Savevm.States.Opening;

/// <summary>How each kind of compression is undone. Nothing is unpacked before it is asked for, so a bomb is only a long stream.</summary>
internal static class CompressedLayers
{
    /// <summary>Most memory for what a decompressor looks back at: what the programs themselves allow unless told otherwise.</summary>
    internal const long MaxWindowBytes = 1L << MaxWindowBits;

    private const int MaxWindowBits = 27;

    /// <summary>The unpacked bytes of a layer.</summary>
    /// <exception cref="UnsupportedFormException">Nothing here can unpack it.</exception>
    internal static LayerStream Unpack(ContainerRow row, LayerStream packed) => row.Kind switch
    {
        ContainerKind.Gzip => new LayerStream(new GzipContent(packed), row.Name, packed),
        ContainerKind.Zstd => new LayerStream(OpenZstd(packed), row.Name, packed),
        ContainerKind.Xz => new LayerStream(new XzStream(packed, LzmaLibrary.Load(), (ulong)MaxWindowBytes), row.Name, packed),
        ContainerKind.Bzip2 => throw Refuse("bzip2", "bzip2 -d < FILE > PLAIN"),
        ContainerKind.Lzop => throw Refuse("lzop", "lzop -d < FILE > PLAIN"),
        _ => throw new ArgumentException($"{row.Name} is no compression.", nameof(row)),
    };

    private static DecompressionStream OpenZstd(LayerStream packed)
    {
        var stream = new DecompressionStream(packed, checkEndOfStream: true, leaveOpen: true);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowBits);
        return stream;
    }

    private static UnsupportedFormException Refuse(string name, string command) => new(
        $"the stream is compressed by {name}, which is not unpacked here",
        $"unpack it with {command}; of a libvirt save image that is what follows its header and XML");
}
