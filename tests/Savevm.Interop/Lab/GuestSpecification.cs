using System.Globalization;

namespace Savevm.Interop.Lab;

/// <summary>A guest to start: the machine, and what the ticker in it does.</summary>
internal record GuestSpecification
{
    /// <summary>The ticker's image, beside the test executable.</summary>
    public static string Image { get; } = Path.Combine(AppContext.BaseDirectory, "ticker.bin");

    /// <summary>The image of the ticker that checks disks too.</summary>
    public static string DiskImage { get; } = Path.Combine(AppContext.BaseDirectory, "diskticker.bin");

    /// <summary>The image for the machine <c>virt</c> of another architecture.</summary>
    public static string Aarch64Image { get; } = Path.Combine(AppContext.BaseDirectory, "aarch64.bin");

    /// <summary>The machine type.</summary>
    public required string Machine { get; init; }

    public string Accelerator { get; init; } = "tcg";

    public int RamMiB { get; init; } = 64;

    /// <summary>MiB that the ticker fills, writes and verifies, from 16 MiB on.</summary>
    public int RegionMiB { get; init; } = 16;

    /// <summary>Pages written per tick.</summary>
    public int Rate { get; init; } = 16;

    /// <summary>Pages verified per tick.</summary>
    public int Verify { get; init; } = 512;

    /// <summary>Words from one that counts to the next.</summary>
    public int Step { get; init; } = 1;

    /// <summary>Disks that the guest writes and verifies against its RAM; with any, the ticker is the one that checks disks.</summary>
    public IReadOnlyList<GuestDisk> Disks { get; init; } = [];

    /// <summary>Sectors of each disk that are in use.</summary>
    public int Sectors { get; init; } = 64;

    /// <summary>Sectors of each disk written per tick.</summary>
    public int SectorWrites { get; init; } = 4;

    /// <summary>Sectors of each disk verified per tick.</summary>
    public int SectorReads { get; init; } = 8;

    /// <summary>Milliseconds from tick to tick.</summary>
    public int Tick { get; init; } = 50;

    /// <summary>MiB from 4 GiB on that the ticker fills once.</summary>
    public int High { get; init; }

    /// <summary>The image that boots where it is none of a PC's.</summary>
    public string? Kernel { get; init; }

    /// <summary>Arguments in addition.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>Ticks in which the whole region is verified once, and every disk.</summary>
    public virtual int TicksPerPass => Math.Max(
        ((RegionMiB * 256) + Verify - 1) / Verify, Disks.Count == 0 ? 0 : (Sectors + SectorReads - 1) / SectorReads);

    /// <summary>A guest for an accelerator: under KVM a small one, since a KVM that emulates unpaged code is slow.</summary>
    public static GuestSpecification For(string machine, string accelerator) => accelerator == "kvm"
        ? new() { Machine = machine, Accelerator = accelerator, RegionMiB = 4, Rate = 4, Verify = 64, Step = 256, SectorWrites = 2, SectorReads = 4 }
        : new() { Machine = machine, Accelerator = accelerator };

    /// <summary>A guest for <c>qemu-system-aarch64</c>.</summary>
    public static GuestSpecification Aarch64(string machine) =>
        new() { Machine = machine, Kernel = Aarch64Image, Extra = ["-cpu", "cortex-a57"] };

    /// <summary>The command line without the executable.</summary>
    /// <param name="folder">Where its sockets are to be.</param>
    public IReadOnlyList<string> Arguments(string folder) =>
    [
        "-machine", Machine, "-accel", Accelerator,
        "-m", RamMiB.ToString(CultureInfo.InvariantCulture), "-nodefaults", "-display", "none",
        "-chardev", "ringbuf,id=ticks,size=1048576", "-serial", "chardev:ticks",
        "-qmp", $"unix:{folder}/qmp,server=on,wait=off",
        "-qmp", $"unix:{folder}/lab,server=on,wait=off",
        .. Boot(folder),
        .. Disks.SelectMany((disk, index) => disk.Arguments(index)),
        .. Extra,
    ];

    /// <summary>What is booted, with its parameters.</summary>
    protected virtual IReadOnlyList<string> Boot(string folder) =>
    [
        "-kernel", Kernel ?? (Disks.Count == 0 ? Image : DiskImage),
        "-append", string.Create(CultureInfo.InvariantCulture, $"size={RegionMiB} rate={Rate} verify={Verify} step={Step} tick={Tick}{HighParameter}{DiskParameters}"),
    ];

    // The ticker that checks disks knows no such memory.
    private string HighParameter => High == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" high={High}");

    private string DiskParameters => Disks.Count == 0
        ? string.Empty
        : string.Create(
            CultureInfo.InvariantCulture, $" disks={Disks.Count} sectors={Sectors} write={SectorWrites} read={SectorReads}");
}
