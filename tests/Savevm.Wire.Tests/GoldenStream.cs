using System.IO.Compression;

namespace Savevm.Wire.Tests;

/// <summary>Parts of real streams, stored beside the tests.</summary>
internal static class GoldenStream
{
    internal static byte[] Load(string name)
    {
        using Stream stored = typeof(GoldenStream).Assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException(name);
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }
}
