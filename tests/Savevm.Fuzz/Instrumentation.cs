using SharpFuzz;

namespace Savevm.Fuzz;

/// <summary>Makes a copy of this program whose assemblies of ours count the branches they take. The originals stay as they were built.</summary>
internal static class Instrumentation
{
    private const string Own = "Savevm.Fuzz";

    /// <param name="folder">Where to; it must not exist.</param>
    /// <returns>The executable.</returns>
    public static string MakeProgram(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        foreach (string assembly in Directory.EnumerateFiles(folder, "Savevm.*.dll"))
        {
            // Of this program only the reader that is made to be broken: the loop's own branches tell nothing about a reader.
            bool isOwn = Path.GetFileNameWithoutExtension(assembly) == Own;
            _ = Fuzzer.Instrument(assembly, type => !isOwn || type.EndsWith(".Canary", StringComparison.Ordinal), Options.Value).Count();
        }
        return Path.Combine(folder, Own);
    }
}
