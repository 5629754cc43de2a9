using System.Diagnostics;
using System.Globalization;

namespace Savevm.Samples.Tests;

/// <summary>A process of the sample: its lines as they come, and a way to wait for one.</summary>
internal sealed class MachineProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _messages = [];
    private readonly object _gate = new();
    private int _messagesRead;

    public MachineProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Savevm.Samples.Machine"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Note(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Note(_messages, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What the machine printed so far.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_gate)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>The numbers of its ticks so far; anything else that it printed is a failure.</summary>
    public IReadOnlyList<long> Ticks =>
    [
        .. Output.Select(line =>
        {
            Assert.StartsWith("TICK ", line, StringComparison.Ordinal);
            return long.Parse(line.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture);
        }),
    ];

    public void Say(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>Waits until something is said about the machine, behind what was waited for before, that begins with this; returns the rest.</summary>
    public string AwaitMessage(string beginning)
    {
        int found = -1;
        Await(
            () => (found = _messages.FindIndex(_messagesRead, line => line.StartsWith(beginning, StringComparison.Ordinal))) >= 0,
            $"'{beginning}'");
        lock (_gate)
        {
            _messagesRead = found + 1;
            return _messages[found][beginning.Length..];
        }
    }

    /// <summary>Waits for more lines of the machine.</summary>
    public void AwaitOutput(int more)
    {
        int wanted = Output.Count + more;
        Await(() => _output.Count >= wanted, $"{wanted} lines");
    }

    /// <summary>Waits for the end, with all that was said before.</summary>
    public int AwaitExit()
    {
        Assert.True(_process.WaitForExit(Patience), "it does not end");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void Note(List<string> lines, string? line)
    {
        lock (_gate)
        {
            if (line is not null)
            {
                lines.Add(line);
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Await(Func<bool> isThere, string what)
    {
        long begun = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (!isThere())
            {
                Assert.True(
                    Stopwatch.GetElapsedTime(begun) < Patience,
                    $"{what} did not come; it said: {string.Join(" | ", _messages)}; and printed: {string.Join(" | ", _output.TakeLast(3))}");
                Monitor.Wait(_gate, TimeSpan.FromMilliseconds(200));
            }
        }
    }
}
