using System.Globalization;

namespace Savevm.Interop.Lab;

/// <summary>A Linux guest: the distribution's kernel with a program of ours (<c>guest/linuxticker</c>) as everything else.</summary>
internal sealed record LinuxSpecification : GuestSpecification
{
    /// <summary>The modules of everything that is usual.</summary>
    public static IReadOnlyList<string> Modules { get; } = ["virtio_pci", "virtio_blk"];

    public int Processors { get; init; } = 1;

    /// <summary>The file that <see cref="Lab.InitialRamDisk"/> wrote.</summary>
    public required string InitialRamDisk { get; init; }

    /// <summary>Disks that the guest waits for, besides <see cref="GuestSpecification.Disks"/>.</summary>
    public int MoreDisks { get; init; }

    /// <summary>What is appended to the kernel's command line.</summary>
    public string KernelOptions { get; init; } = string.Empty;

    /// <summary>Whether there is a second serial port to type orders on.</summary>
    public bool TakesOrders { get; init; } = true;

    /// <summary>The program verifies 4 of 64 blocks of each disk per tick.</summary>
    public override int TicksPerPass => Math.Max(((RegionMiB * 256) + Verify - 1) / Verify, 16);

    /// <summary>A guest whose RAM disk is made in the test's folder.</summary>
    public static LinuxSpecification For(Workspace workspace, string machine, params IReadOnlyList<string> modules)
    {
        string disk = Path.Combine(workspace.NewFolder("initrd"), "initrd");
        Lab.InitialRamDisk.Write(disk, LinuxKernel.Fetched.ModuleFiles(modules.Count > 0 ? modules : Modules));
        return new() { Machine = machine, InitialRamDisk = disk, RamMiB = 192, Rate = 64, Verify = 256 };
    }

    protected override IReadOnlyList<string> Boot(string folder) =>
    [
        "-smp", Processors.ToString(CultureInfo.InvariantCulture),
        "-kernel", LinuxKernel.Fetched.Image, "-initrd", InitialRamDisk,
        "-append", string.Create(
            CultureInfo.InvariantCulture,
            $"console=ttyS0 quiet loglevel=1 oops=panic no_timer_check nokaslr cryptomgr.notests ticker.size={RegionMiB} ticker.rate={Rate} ticker.verify={Verify} ticker.disks={Disks.Count + MoreDisks} {KernelOptions}").TrimEnd(),
        .. TakesOrders ? ["-chardev", $"socket,id=orders,path={folder}/orders,server=on,wait=off", "-serial", "chardev:orders"] : Array.Empty<string>(),
    ];
}
