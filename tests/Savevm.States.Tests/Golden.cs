using System.IO.Compression;

namespace Savevm.States.Tests;

/// <summary>Streams and files of real QEMUs, stored beside the tests of the wire layer.</summary>
internal static class Golden
{
    internal static byte[] Load(string name)
    {
        using Stream stored = typeof(Golden).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }
}
