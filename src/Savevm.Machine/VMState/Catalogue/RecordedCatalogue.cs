using System.IO.Compression;
using System.Reflection;
using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Catalogue;

/// <summary>
/// The catalogue that the program carries: descriptions that QEMU 7.2 and 10.0 wrote about machines with many devices
/// (<c>tools/make-catalogue</c>).
/// </summary>
public static class RecordedCatalogue
{
    private const string Prefix = "catalogue/";
    private const string Suffix = ".json.gz";

    private static readonly string[] Recorded = ["pc-i440fx-2.3", "pc-i440fx-7.2", "pc-i440fx-10.0", "pc-q35-7.2", "pc-q35-10.0"];

    /// <summary>The machines that were recorded, by QEMU's names.</summary>
    public static IReadOnlyList<string> Machines => Recorded;

    // Whoever reads one state asks for the same one again.
    private static volatile Made? s_last;

    /// <summary>
    /// A catalogue of all that was recorded; what belongs to this machine and release is tried first. Making it takes some milliseconds
    /// and some megabytes; the last one is kept.
    /// </summary>
    /// <param name="machine">QEMU's name of the machine, such as <c>pc-q35-7.2</c>; null when it is not known.</param>
    /// <param name="release">
    /// The QEMU that wrote the stream, such as <c>10.0</c>; null when it is not known. It can differ from the machine's: releases name some
    /// fields differently.
    /// </param>
    public static DescriptionCatalogue For(string? machine, string? release = null)
    {
        string kind = KindOf(machine ?? "");
        string version = release ?? VersionOf(machine ?? "");
        string[] order = [.. Recorded.OrderBy(name => (VersionOf(name) == version ? 0 : 2) + (KindOf(name) == kind ? 0 : 1))];
        if (s_last is { } last && last.Order.SequenceEqual(order))
            return last.Catalogue;
        var made = new Made(order, DescriptionCatalogue.FromStreams(order.Select(Load)));
        s_last = made;
        return made.Catalogue;
    }

    private static VMDescription Load(string name)
    {
        using Stream stored = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new InvalidOperationException($"The description of {name} is missing in this program.");
        using var unpacked = new GZipStream(stored, CompressionMode.Decompress);
        using var text = new MemoryStream();
        unpacked.CopyTo(text);
        return VMDescription.Parse(text.GetBuffer().AsSpan(0, (int)text.Length), 0);
    }

    private static string VersionOf(string machine) => machine[(machine.LastIndexOf('-') + 1)..];

    private static string KindOf(string machine) => machine[..Math.Max(machine.LastIndexOf('-'), 0)];

    private sealed record Made(string[] Order, DescriptionCatalogue Catalogue);
}
