using System.Globalization;

namespace Savevm.Benchmarks.Qemu;

/// <summary>A machine with the ticker in it: the same words for who is measured and for the peers.</summary>
/// <param name="Qemu">The emulator.</param>
/// <param name="RamMiB">The machine's RAM.</param>
/// <param name="FilledMiB">How much of it the guest has written.</param>
internal sealed record BenchmarkGuest(QemuInstallation Qemu, int RamMiB, int FilledMiB)
{
    /// <summary>Milliseconds from tick to tick.</summary>
    public const int TickMilliseconds = 10;

    /// <summary>Pages touched per tick while walking.</summary>
    public int Walk { get; init; } = 64;

    /// <summary>Percent of the filled region that stays zero, page by page at random.</summary>
    public int Zero { get; init; }

    /// <summary>Words from one that the guest fills and verifies to the next.</summary>
    public int Step { get; init; } = 16;

    public long Pages => (long)RamMiB * 256;

    /// <summary>The guest of a size whose filled part is half of its RAM, or 512 MiB where that is less.</summary>
    public static BenchmarkGuest HalfFilled(QemuInstallation qemu, int ramMiB) => new(qemu, ramMiB, Math.Min(ramMiB / 2, 512));

    /// <summary>The machine without monitors, serial port and incoming address.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "-machine", Qemu.Machine, "-accel", "tcg", "-m", RamMiB.ToString(CultureInfo.InvariantCulture), "-nodefaults", "-display", "none",
        "-kernel", RepositoryRoot.Combine("guest", "ticker.bin"),
        "-append", string.Create(
            CultureInfo.InvariantCulture,
            $"size={FilledMiB} zero={Zero} rate=0 verify=0 tick={TickMilliseconds} walk={Walk} step={Step}"),
    ];

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Qemu}, {SizeText(RamMiB)} guest, {SizeText(FilledMiB)} of it written");

    public static string SizeText(int mebibytes) => mebibytes >= 1024 && mebibytes % 1024 == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{mebibytes / 1024} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{mebibytes} MiB");
}
