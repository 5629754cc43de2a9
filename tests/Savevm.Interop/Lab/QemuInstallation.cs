using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Savevm.Interop.Lab;

/// <summary>One QEMU to test with: an executable or a wrapper that executes one.</summary>
internal sealed partial record QemuInstallation(string Path, Version Version, IReadOnlyList<string> Machines)
{
    /// <summary>What tests call it: the name of its folder, or its version where that says nothing.</summary>
    public required string Name { get; init; }

    /// <summary>TCG as the source of a live precopy loses guest writes after several rounds (repaired in 9.0).</summary>
    public bool LosesWritesUnderTcg => Version.Major < 9;

    /// <summary>
    /// Whether a connection that takes a postcopy up again may break before the destination agreed to go on. Before 8.2 both sides believe that this
    /// cannot happen: the destination sets postcopy-paused only where it was postcopy-active, waits for nobody and reads from a connection that is gone
    /// (postcopy_pause_incoming in migration/savevm.c; it crashes), and nobody wakes the source that waits for bitmaps or the agreement
    /// (ram_dirty_bitmap_sync_all in migration/ram.c, postcopy_resume_handshake in migration/migration.c; it waits for ever).
    /// </summary>
    /// <remarks>
    /// Such a source also crashes where it is told to go on before the thread of its return path has noticed that it is paused: the thread then takes
    /// the new connection for the old one (source_return_path_thread and open_return_path_on_source in migration/migration.c).
    /// </remarks>
    public bool OutlivesBreaksWhileRecovering => Version >= new Version(8, 2);

    /// <summary>The newest versioned machine type of a family, as <c>pc-i440fx-10.0</c> for <c>pc</c>.</summary>
    public string Machine(string family) =>
        Machines.Where(name => name.StartsWith(Prefix(family), StringComparison.Ordinal))
            .MaxBy(name => System.Version.Parse(name[Prefix(family).Length..]))
        ?? throw new InvalidOperationException($"{Path} has no machine of the family {family}");

    /// <summary>The newest machine type of a family that both have.</summary>
    public string SharedMachine(string family, QemuInstallation other) =>
        this with { Machines = [.. Machines.Intersect(other.Machines)] } is { } shared && shared.Machines.Count > 0
            ? shared.Machine(family)
            : throw new InvalidOperationException($"{Path} and {other.Path} share no machine type");

    /// <summary>Runs the <c>qemu-img</c> that came with it.</summary>
    public async Task<string> ImageToolAsync(Workspace workspace, params IReadOnlyList<string> arguments)
    {
        string tool = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, "qemu-img");
        LabProcess process = workspace.Owns(LabProcess.Start(tool, arguments));
        Assert.True(await process.ExitAsync() == 0, $"qemu-img {string.Join(' ', arguments)}: {process.Errors}");
        return process.Output;
    }

    public static QemuInstallation Ask(string path)
    {
        string folder = new DirectoryInfo(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!).Name;
        Match version = VersionPattern().Match(Output(path, "--version"));
        if (!version.Success)
        {
            throw new InvalidOperationException($"{path} --version names no version");
        }

        var machines = MachinePattern().Matches(Output(path, "-machine", "help")).Select(match => match.Groups[1].Value);
        Version number = Version.Parse(version.Groups[1].Value);
        return new QemuInstallation(path, number, [.. machines])
        {
            Name = folder.Split('-')[0] is "stock" or "backports" ? folder.Split('-')[0] : number.ToString(2),
        };
    }

    public override string ToString() => Name;

    private static string Prefix(string family) => family switch { "pc" => "pc-i440fx-", "virt" => "virt-", _ => $"pc-{family}-" };

    private static string Output(string path, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{path} does not start"));
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }

    [GeneratedRegex(@"version (\d+\.\d+(\.\d+)?)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^((?:pc-i440fx|pc-q35|virt)-\d+\.\d+)\s", RegexOptions.Multiline)]
    private static partial Regex MachinePattern();
}
