using System.Text.RegularExpressions;
using Savevm.Linux.Processes;

namespace Savevm.Demo;

/// <summary>Finds a QEMU for the demo: the one that was named, the one on the path, the newest that was fetched, else fetches one.</summary>
internal static partial class EmulatorSearch
{
    private const string Name = "qemu-system-x86_64";
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(30);

    /// <summary>The path of an emulator.</summary>
    /// <param name="request">Where to look.</param>
    /// <param name="workFolder">A folder for what programs print.</param>
    /// <param name="note">Told when something takes long.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="SavevmException">There is none; the hint says what to install.</exception>
    internal static string Find(DemoRequest request, string workFolder, Action<string> note, CancellationToken cancellationToken)
    {
        if (request.Emulator is { } named)
        {
            return named;
        }

        foreach (string folder in (request.SearchPath ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(folder, Name);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        if (request.SourceRoot is { } root)
        {
            if (NewestOf(root, workFolder) is { } fetched)
            {
                return fetched;
            }

            string tool = Path.Combine(root, "tools", "fetch-qemu");
            if (File.Exists(tool))
            {
                note("there is no QEMU here yet: fetching one with the package manager, which takes a minute (nothing is installed)");
                if ((Fetch(tool, "backports", workFolder, cancellationToken) ?? Fetch(tool, "stock", workFolder, cancellationToken)) is { } made)
                {
                    return made;
                }
            }
        }

        throw new SavevmException(
            ExitCode.NotFound,
            "demo",
            $"there is no {Name} on the path",
            "install it (Debian, Ubuntu: apt-get install qemu-system-x86; Fedora: dnf install qemu-system-x86), or name one in SAVEVM_QEMU");
    }

    private static string? NewestOf(string root, string workFolder)
    {
        string cache = Path.Combine(root, ".cache", "qemu");
        return Directory.Exists(cache)
            ? Directory.GetDirectories(cache)
                .Select(folder => Path.Combine(folder, Name))
                .Where(File.Exists)
                .OrderByDescending(path => VersionOf(path, workFolder))
                .FirstOrDefault()
            : null;
    }

    private static Version VersionOf(string emulator, string workFolder)
    {
        string output = Path.Combine(workFolder, Path.GetRandomFileName());
        using ChildProcess process = ChildProcess.Start(
            new ChildProcessStart { Program = emulator, Arguments = ["--version"], OutputFile = output, ErrorFile = output });
        if (!process.WaitForExit(VersionLimit))
        {
            process.Kill();
        }

        Match match = VersionPattern().Match(File.ReadAllText(output));
        return match.Success ? Version.Parse(match.Groups[1].ValueSpan) : new Version(0, 0);
    }

    private static string? Fetch(string tool, string suite, string workFolder, CancellationToken cancellationToken)
    {
        string output = Path.Combine(workFolder, Path.GetRandomFileName());
        using ChildProcess process = ChildProcess.Start(new ChildProcessStart { Program = tool, Arguments = [suite], OutputFile = output });
        try
        {
            _ = process.WaitForExit(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(Signal.Terminate);
            throw;
        }

        string path = process.ExitCode == 0 ? File.ReadAllText(output).Trim() : "";
        return path.Length > 0 && File.Exists(path) ? path : null;
    }

    [GeneratedRegex(@"version (\d+\.\d+(\.\d+)?)")]
    private static partial Regex VersionPattern();
}
