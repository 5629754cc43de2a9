using System.Diagnostics;
using Savevm.Qemu;

namespace Savevm.Disks;

/// <summary>QEMU's own program for images that nobody has open.</summary>
internal static class ImageTool
{
    private const string Name = "qemu-img";

    /// <summary>Its path: beside the emulator, else in PATH; null where there is none.</summary>
    public static string? Find(string? emulator)
    {
        var beside = emulator is null ? null : Path.Combine(Path.GetDirectoryName(emulator) ?? "", Name);
        return beside is not null && File.Exists(beside) ? beside : EmulatorProbe.Resolve(Name);
    }

    /// <summary>Merges an image into the one below it; the upper one keeps its contents.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="upper">The image.</param>
    /// <param name="lower">The image below.</param>
    /// <param name="cancellationToken">Ends it: both images stay, and what is seen through the upper one stays the same.</param>
    /// <exception cref="QemuException">It failed.</exception>
    public static async Task CommitAsync(string tool, string upper, string lower, CancellationToken cancellationToken)
    {
        // -d: the upper image is not emptied, so that it can be merged again when this is interrupted.
        using var process = Process.Start(new ProcessStartInfo(tool, ["commit", "-q", "-d", "-f", "qcow2", "-b", lower, upper]) { RedirectStandardError = true })
            ?? throw new QemuException($"{tool} cannot be started");
        try
        {
            var errors = await process.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (process.ExitCode != 0) throw new QemuException($"{upper} could not be merged into {lower}: {errors.Trim().Split('\n')[^1]}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
