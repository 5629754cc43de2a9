using System.Text.RegularExpressions;
using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks.Qemu;

/// <summary>One QEMU to measure with: an executable or a wrapper that executes one.</summary>
internal sealed partial record QemuInstallation(string Path, Version Version, string Machine)
{
    /// <summary>What the user chooses it by: the name of its folder.</summary>
    public string Name => new DirectoryInfo(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!).Name;

    /// <summary>It loads from a file: address itself.</summary>
    public bool HasFileUri => Version >= new Version(8, 2);

    public bool HasMappedRam => Version.Major >= 9;

    /// <summary>
    /// Those of <c>SAVEVM_TEST_QEMUS</c> (paths, separated by colons), else every one below <c>.cache/qemu</c>, oldest first.
    /// </summary>
    public static IReadOnlyList<QemuInstallation> Find()
    {
        string? named = Environment.GetEnvironmentVariable("SAVEVM_TEST_QEMUS");
        string cache = RepositoryRoot.Combine(".cache", "qemu");
        IEnumerable<string> paths = !string.IsNullOrEmpty(named)
            ? named.Split(':', StringSplitOptions.RemoveEmptyEntries)
            : Directory.Exists(cache)
                ? Directory.EnumerateDirectories(cache).Select(folder => System.IO.Path.Combine(folder, "qemu-system-x86_64")).Where(File.Exists)
                : [];
        List<QemuInstallation> all = [.. paths.Select(Ask).OrderBy(qemu => qemu.Version)];
        return all.Count > 0
            ? all
            : throw new InvalidOperationException("no QEMU to measure with: run tools/fetch-qemu, or name executables in SAVEVM_TEST_QEMUS");
    }

    public override string ToString() => $"QEMU {Version}";

    private static QemuInstallation Ask(string path)
    {
        Match version = VersionPattern().Match(ChildProcess.Run(path, "--version"));
        string machine = MachinePattern().Matches(ChildProcess.Run(path, "-machine", "help")).Select(match => match.Groups[1].Value)
            .MaxBy(name => System.Version.Parse(name["pc-i440fx-".Length..]))
            ?? throw new InvalidOperationException($"{path} has no pc machine");
        return new QemuInstallation(path, System.Version.Parse(version.Groups[1].Value), machine);
    }

    [GeneratedRegex(@"version (\d+\.\d+(\.\d+)?)")]
    private static partial Regex VersionPattern();

    [GeneratedRegex(@"^(pc-i440fx-\d+\.\d+)\s", RegexOptions.Multiline)]
    private static partial Regex MachinePattern();
}
