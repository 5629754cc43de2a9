using System.Diagnostics;
using Savevm.Qemu;
using Savevm.Recorded;

namespace Savevm.Disks;

/// <summary>QEMU's own program for images that nobody has open.</summary>
/// <param name="Path">The program.</param>
/// <param name="Environment">What of the environment it needs, as its emulator does.</param>
internal sealed record ImageTool(string Path, IReadOnlyDictionary<string, string> Environment)
{
    private const string Name = "qemu-img";

    /// <summary>The one beside the emulator, else the one in PATH; null where there is none.</summary>
    public static ImageTool? Find(RecordedSource? source)
    {
        var beside = source?.Executable is { } emulator ? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(emulator) ?? "", Name) : null;
        if (beside is not null && File.Exists(beside)) return new ImageTool(beside, source!.Environment);
        return EmulatorProbe.Resolve(Name) is { } path ? new ImageTool(path, new Dictionary<string, string>()) : null;
    }

    /// <summary>Merges an image into the one below it; the upper one keeps its contents.</summary>
    /// <param name="upper">The image.</param>
    /// <param name="lower">The image below.</param>
    /// <param name="cancellationToken">Ends it: both images stay, and what is seen through the upper one stays the same.</param>
    /// <exception cref="QemuException">It failed.</exception>
    public async Task CommitAsync(string upper, string lower, CancellationToken cancellationToken)
    {
        // -d: the upper image is not emptied, so that it can be merged again when this is interrupted.
        var start = new ProcessStartInfo(Path, ["commit", "-q", "-d", "-f", "qcow2", "-b", lower, upper]) { RedirectStandardError = true };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new QemuException($"{Path} cannot be started");
        try
        {
            var errors = await process.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (process.ExitCode != 0) throw new QemuException($"{upper} could not be merged into {lower}: {errors.Trim().ReplaceLineEndings("; ")}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
