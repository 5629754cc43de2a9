using System.Globalization;
using Savevm.Fuzz.Engine;

namespace Savevm.Fuzz;

/// <summary>Writes a find where a person can take it up: the input, and what to do with it.</summary>
internal static class FindReport
{
    public static void Write(FuzzTarget target, FuzzOptions options, FuzzFind find, byte[] input)
    {
        string folder = Path.Combine(options.Output, "finds");
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, $"{target.Name}-{Worker.NameOf(input)}.input");
        File.WriteAllBytes(file, input);
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {target.Name}: {find.Signature}
            {find.Details}
            seed: {options.Seed}
            input: {Path.GetRelativePath(Places.Root, file)} ({input.Length} bytes)
            again: ./test fuzz --target {target.Name} --replay {Path.GetRelativePath(Places.Root, file)}
            mended: move the input to tests/Savevm.Fuzz/Corpus/{target.Name}/, under a name that says what it was

            """);
        File.WriteAllText(Path.ChangeExtension(file, ".txt"), text);
        Console.WriteLine(text);
    }
}
