using System.Globalization;
using System.Text;

namespace Savevm.Interop.Lab;

/// <summary>
/// The folder of one test, with a short name because of the sockets in it. Everything a test starts is named after something in it, so what
/// is still alive at the end is found by that name: a leak, which fails the test.
/// </summary>
internal sealed class Workspace : IAsyncDisposable
{
    private static readonly AsyncLocal<Workspace?> Current = new();

    private static int s_count;

    private readonly List<IAsyncDisposable> _owned = [];
    private readonly HashSet<int> _ours = [];
    private int _folders;
    private Exception? _last;

    // What a test threw is lost when its workspace has something to say as well.
    static Workspace() => AppDomain.CurrentDomain.FirstChanceException += (_, thrown) =>
    {
        if (Current.Value is { } workspace)
        {
            workspace._last = thrown.Exception;
        }
    };

    public Workspace()
    {
        Current.Value = this;
        string name = string.Create(CultureInfo.InvariantCulture, $"/tmp/svl-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        Root = Directory.CreateDirectory(name).FullName;
        Repository = Directory.CreateDirectory(Path.Combine(Root, "repository")).FullName;
        RunFolder = NewFolder("run");
        TemporaryFolder = NewFolder("tmp");
    }

    public string Root { get; }

    /// <summary>The repository of the command under test.</summary>
    public string Repository { get; }

    /// <summary>What the command under test sees as the user's runtime folder.</summary>
    public string RunFolder { get; }

    /// <summary>What the command under test sees as the folder for temporary files.</summary>
    public string TemporaryFolder { get; }

    /// <summary>What the environment of the command under test, and of all that it starts, has besides.</summary>
    public IReadOnlyDictionary<string, string> CommandEnvironment { get; set; } = new Dictionary<string, string>();

    /// <summary>A resumed QEMU that the test ends hard leaves its sockets.</summary>
    public bool GuestsMayLeaveFiles { get; set; }

    public string NewFolder(string prefix) => Directory.CreateDirectory(Path.Combine(
        Root, string.Create(CultureInfo.InvariantCulture, $"{prefix}{Interlocked.Increment(ref _folders)}"))).FullName;

    public T Owns<T>(T part)
        where T : IAsyncDisposable
    {
        _owned.Add(part);
        if (part is LabProcess process)
        {
            _ours.Add(process.Id);
        }
        else if (part is LabGuest guest)
        {
            _ours.Add(guest.ProcessId);
        }

        return part;
    }

    /// <summary>Processes that mention this folder and that nobody here started or took over.</summary>
    public IReadOnlyList<string> Strangers()
    {
        var found = new List<string>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id)
                && id != Environment.ProcessId && !_ours.Contains(id) && Mentions(folder))
            {
                found.Add($"{id} {CommandLine(id)}");
            }
        }

        return found;
    }

    public static bool IsAlive(int process)
    {
        try
        {
            string status = File.ReadAllText($"/proc/{process}/stat");
            return status[status.LastIndexOf(')') + 2] is not 'Z' and not 'X';
        }
        catch (IOException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        string before = _last is { } last ? $"\nthe last exception before: {last.Message}\n{last.StackTrace}" : string.Empty;
        var failures = new List<string>();
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            try
            {
                await _owned[i].DisposeAsync();
            }
            catch (Exception exception)
            {
                failures.Add(exception.ToString());
            }
        }

        // A process that was told to end may need a moment for it.
        IReadOnlyList<string> strangers = Strangers();
        for (int i = 0; i < 100 && strangers.Count > 0; i++)
        {
            await Task.Delay(20);
            strangers = Strangers();
        }

        foreach (string stranger in strangers)
        {
            LabProcess.Signal(int.Parse(stranger.AsSpan(0, stranger.IndexOf(' ')), CultureInfo.InvariantCulture), 9);
        }

        string[] left = GuestsMayLeaveFiles ? [] : Leftovers();
        Directory.Delete(Root, recursive: true);
        Assert.True(failures.Count == 0, $"{string.Join('\n', failures)}{before}");
        Assert.True(strangers.Count == 0, $"processes left behind:\n{string.Join('\n', strangers)}{before}");
        Assert.True(left.Length == 0, $"files left behind:\n{string.Join('\n', left)}{before}");
    }

    /// <summary>What is left in the runtime and temporary folders and, hidden, in the repository; an empty folder of our name does not count.</summary>
    public string[] Leftovers()
    {
        IEnumerable<string> hidden = Directory.Exists(Repository)
            ? Directory.EnumerateFileSystemEntries(Repository, ".*", new EnumerationOptions { AttributesToSkip = 0 })
                .Where(entry => Directory.Exists(entry))
            : [];
        return
        [
            .. new[] { RunFolder, TemporaryFolder }
                .SelectMany(folder => Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
                .Where(entry => !(Directory.Exists(entry) && Path.GetFileName(entry) == "savevm")),
            .. hidden,
        ];
    }

    private bool Mentions(string processFolder)
    {
        try
        {
            return IsAlive(int.Parse(Path.GetFileName(processFolder), CultureInfo.InvariantCulture))
                && (File.ReadAllText($"{processFolder}/cmdline") + File.ReadAllText($"{processFolder}/environ"))
                    .Contains(Root + "/", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string CommandLine(int process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{process}/cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "(gone)";
        }
    }
}
