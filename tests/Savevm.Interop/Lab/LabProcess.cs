using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Savevm.Interop.Lab;

/// <summary>A process of a test, with everything it says, ended by its id and never by a name.</summary>
internal sealed partial class LabProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _outputEnd;
    private readonly Task _errorsEnd;
    private bool _disposed;

    private LabProcess(Process process)
    {
        _process = process;
        _outputEnd = CollectAsync(process.StandardOutput, _output);
        _errorsEnd = CollectAsync(process.StandardError, _errors);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Locked(_output);

    public string Errors => Locked(_errors);

    public static LabProcess Start(string path, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{path} does not start");
        process.StandardInput.Close();
        return new LabProcess(process);
    }

    /// <summary>Waits for the end and for the last of what it says; a child that keeps the pipes open does not hold this up.</summary>
    public async Task<int> ExitAsync(TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        try
        {
            await _process.WaitForExitAsync(deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!_process.HasExited)
        {
            throw new TimeoutException($"process {Id} did not end; it said: {Output}{Errors}");
        }
        catch (OperationCanceledException)
        {
            // It ended; only its pipes are still held by somebody.
        }

        await Task.WhenAny(Task.WhenAll(_outputEnd, _errorsEnd), Task.Delay(1000));
        return _process.ExitCode;
    }

    /// <summary>Waits until the standard output holds something.</summary>
    public async Task UntilOutputAsync(Func<string, bool> holds, TimeSpan? within = null)
    {
        for (DateTime end = DateTime.UtcNow + (within ?? TimeSpan.FromSeconds(60)); !holds(Output); await Task.Delay(5))
        {
            if (HasExited)
            {
                // What it said last may still be on its way through the pipe.
                await Task.WhenAny(Task.WhenAll(_outputEnd, _errorsEnd), Task.Delay(1000));
            }

            Assert.False(HasExited && !holds(Output), $"process {Id} ended with {(HasExited ? _process.ExitCode : 0)}: {Output}{Errors}");
            Assert.True(DateTime.UtcNow < end, $"process {Id} did not say it; it said: {Output}{Errors}");
        }
    }

    /// <summary>Sends a signal: 2 interrupt, 9 kill, 15 terminate, 18 continue, 19 stop.</summary>
    public void Signal(int signal) => Signal(Id, signal);

    public static void Signal(int process, int signal)
    {
        if (kill(process, signal) != 0 && Marshal.GetLastPInvokeError() != 3)
        {
            throw new InvalidOperationException($"signal {signal} to {process}: error {Marshal.GetLastPInvokeError()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            Signal(9);
        }

        await ExitAsync(TimeSpan.FromSeconds(20));
        _process.Dispose();
    }

    private static async Task CollectAsync(StreamReader reader, StringBuilder text)
    {
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer.AsMemory()) is int count and > 0)
        {
            lock (text)
            {
                text.Append(buffer, 0, count);
            }
        }
    }

    private static string Locked(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
