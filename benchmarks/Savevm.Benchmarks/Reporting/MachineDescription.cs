using System.Globalization;
using Savevm.Benchmarks.Processes;
using Savevm.Benchmarks.Qemu;

namespace Savevm.Benchmarks.Reporting;

/// <summary>On what the figures were taken.</summary>
internal sealed record MachineDescription(IReadOnlyList<(string Name, string Value)> Facts)
{
    public static MachineDescription Take(IReadOnlyList<QemuInstallation> qemus, BenchmarkOptions options)
    {
        string memory = Field("/proc/meminfo", "MemTotal:");
        long mebibytes = long.Parse(memory.Split(' ')[0], CultureInfo.InvariantCulture) / 1024;
        return new MachineDescription(
        [
            ("date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC"),
            ("processor", string.Create(CultureInfo.InvariantCulture, $"{Field("/proc/cpuinfo", "model name")}, {Environment.ProcessorCount} cores")),
            ("memory", string.Create(CultureInfo.InvariantCulture, $"{mebibytes / 1024.0:0.0} GiB")),
            ("kernel", File.ReadAllText("/proc/sys/kernel/osrelease").Trim()),
            ("load", string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3))),
            ("data on", new DriveInfo(options.DataFolder).DriveFormat),
            ("user", Libc.geteuid() == 0 ? "root" : "ordinary"),
            ("savevm", $"{options.Savevm}, {Commit()}"),
            ("qemu", string.Join(", ", qemus.Select(qemu => $"{qemu.Version} ({qemu.Name})"))),
            ("rounds", options.Rounds.ToString(CultureInfo.InvariantCulture) + (options.IsQuick ? ", quick: good for a look, not for a figure" : "")),
        ]);
    }

    public override string ToString() => string.Concat(Facts.Select(fact => $"{fact.Name,-10} {fact.Value}\n"));

    private static string Field(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':') + 1)..].Trim()
            : "unknown";

    private static string Commit()
    {
        try
        {
            string changed = ChildProcess.Run("git", "-C", RepositoryRoot.Path, "status", "--porcelain").Length > 0 ? " and changes" : "";
            return "commit " + ChildProcess.Run("git", "-C", RepositoryRoot.Path, "rev-parse", "--short", "HEAD").Trim() + changed;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return "commit unknown";
        }
    }
}
