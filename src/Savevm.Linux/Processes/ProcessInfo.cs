using System.Globalization;
using System.Text;

namespace Savevm.Linux.Processes;

/// <summary>What <c>/proc</c> tells of a process. What only its user or root may see is null for others.</summary>
public sealed record ProcessInfo
{
    /// <summary>The process id.</summary>
    public required int Id { get; init; }

    /// <summary>The short name, as <c>ps</c> shows it.</summary>
    public required string Name { get; init; }

    /// <summary>When it started, in clock ticks since the machine did. Together with the id it names one process for ever.</summary>
    public required long StartTime { get; init; }

    /// <summary>The whole command line with <c>argv[0]</c>; empty for a process that is ending and for a kernel thread.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The executable's path; ends in <c> (deleted)</c> when the file was replaced since.</summary>
    public string? Executable { get; init; }

    /// <summary>The current folder.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The environment it was started with.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Reads it; null when there is no such process.</summary>
    /// <exception cref="IOException">The process is there and cannot be read.</exception>
    public static ProcessInfo? Read(int processId)
    {
        if (ReadStatus(processId) is not { } status) return null;
        var folder = FolderOf(processId);
        var arguments = ReadStrings(folder + "/cmdline");
        // A process that was started this moment has its executable, but for a while not yet its command line.
        for (var tries = 0; arguments is { Length: 0 } && tries < 50 && ReadLink(folder + "/exe") is not null; tries++)
        {
            Thread.Sleep(1);
            arguments = ReadStrings(folder + "/cmdline");
        }
        var info = new ProcessInfo
        {
            Id = processId,
            Name = status.Name,
            StartTime = status.StartTime,
            Arguments = arguments ?? [],
            Executable = ReadLink(folder + "/exe"),
            WorkingDirectory = ReadLink(folder + "/cwd"),
            Environment = ReadEnvironment(folder + "/environ"),
        };
        // The same id may have become another process while we read.
        return ReadStatus(processId)?.StartTime == status.StartTime ? info : null;
    }

    /// <summary>Whether the process with this id and start time still runs; one that waits to be reaped does not.</summary>
    public static bool IsAlive(int processId, long startTime) =>
        ReadStatus(processId) is { } status && status.StartTime == startTime && status.State is not ('Z' or 'X');

    private static (string Name, char State, long StartTime)? ReadStatus(int processId)
    {
        string text;
        try
        {
            text = File.ReadAllText(FolderOf(processId) + "/stat");
        }
        catch (Exception error) when (IsGone(error))
        {
            return null;
        }
        // PID (NAME) STATE ...; the name may contain anything, so the last parenthesis counts.
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var close = text.LastIndexOf(')');
        var fields = close < 0 ? [] : text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int StartTimeField = 22 - 3;
        if (open < 0 || fields.Length <= StartTimeField) throw new IOException($"{FolderOf(processId)}/stat: not the format of Linux");
        return (text[(open + 1)..close], fields[0][0], long.Parse(fields[StartTimeField], CultureInfo.InvariantCulture));
    }

    private static string[]? ReadStrings(string file)
    {
        try
        {
            var text = Encoding.UTF8.GetString(File.ReadAllBytes(file));
            if (text.Length == 0) return [];
            return (text[^1] == '\0' ? text[..^1] : text).Split('\0');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Dictionary<string, string>? ReadEnvironment(string file)
    {
        if (ReadStrings(file) is not { } strings) return null;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in strings)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) environment[text[..equals]] = text[(equals + 1)..];
        }
        return environment;
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // ESRCH: it ended between open and read.
    private static bool IsGone(Exception error) =>
        error is FileNotFoundException or DirectoryNotFoundException || (error is IOException && error.HResult == Errno.ESRCH);

    private static string FolderOf(int processId) => string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}");
}
