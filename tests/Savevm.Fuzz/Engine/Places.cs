using System.IO.Compression;

namespace Savevm.Fuzz.Engine;

/// <summary>Where things lie in the repository: inputs that are committed, and what a run leaves behind.</summary>
internal static class Places
{
    private static readonly Lazy<string> Found = new(FindRoot);

    /// <summary>The folder that holds the solution.</summary>
    public static string Root => Found.Value;

    /// <summary>Tells a copy of this program, which may lie anywhere, where the repository is.</summary>
    public const string RootVariable = "SAVEVM_ROOT";

    /// <summary>Where runs leave what they leave behind, if they are not told another place.</summary>
    public static string Artifacts => Path.Combine(Root, "artifacts", "fuzz");

    /// <summary>Broken promises of earlier runs and a choice of inputs that go far; committed.</summary>
    public static string CorpusOf(FuzzTarget target) => Path.Combine(Root, "tests", "Savevm.Fuzz", "Corpus", target.Name);

    /// <summary>What runs on this machine have kept; not committed.</summary>
    public static string KeptOf(string output, FuzzTarget target) => Path.Combine(output, "kept", target.Name);

    /// <summary>All inputs of a folder, in an order that does not depend on the machine.</summary>
    public static IEnumerable<byte[]> Inputs(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)
        : [];

    /// <summary>One of the vectors that real QEMUs wrote, unpacked.</summary>
    public static byte[] Golden(string name)
    {
        using FileStream file = File.OpenRead(Path.Combine(Root, "tests", "Savevm.Wire.Tests", "Golden", name + ".gz"));
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable(RootVariable) is { Length: > 0 } root)
            return root;
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Savevm.slnx")))
                return folder;
        }
        throw new InvalidOperationException($"no Savevm.slnx above {AppContext.BaseDirectory}");
    }
}
