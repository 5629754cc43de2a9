using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Benchmarks.Processes;

/// <summary>
/// A process of the benchmark, started with posix_spawn and reaped with wait4, because <see cref="Process"/> drops the resource usage of what
/// it reaps. Ended by its id and never by a name.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const int ExitedBits = 0x7f;
    private const int PipeSignal = 13;

    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _end = new();
    private readonly string _name;
    private bool _reaped;

    private ChildProcess(int id, string name)
    {
        Id = id;
        _name = name;
        new Thread(Reap) { IsBackground = true, Name = $"wait for {name}" }.Start();
    }

    public int Id { get; }

    /// <summary>Just before the process was made, in <see cref="Stopwatch"/> ticks.</summary>
    public long StartedAt { get; private init; }

    /// <summary>The same moment on the wall clock, which is what QEMU stamps its events with.</summary>
    public DateTime StartedAtUtc { get; private init; }

    /// <summary>When its end was noticed.</summary>
    public long ExitedAt { get; private set; }

    /// <summary>The exit code, or 128 and the signal that ended it.</summary>
    public int ExitCode { get; private set; }

    public ResourceUsage Usage { get; private set; }

    public bool HasExited => _end.IsSet;

    public LineLog? Output { get; private init; }

    public LineLog? Errors { get; private init; }

    /// <summary>Starts a program with no standard input.</summary>
    /// <param name="path">The program; looked for on PATH when it has no slash.</param>
    /// <param name="arguments">Without the name of the program itself.</param>
    /// <param name="environment">Variables in addition.</param>
    /// <param name="silent">What it says is thrown away instead of kept.</param>
    public static unsafe ChildProcess Start(
        string path, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool silent = false)
    {
        if (Offspring.IsLeaving)
        {
            Thread.Sleep(Timeout.Infinite);
        }

        byte* actions = stackalloc byte[Libc.SpawnObjectBytes];
        byte* attributes = stackalloc byte[Libc.SpawnObjectBytes];
        byte* signals = stackalloc byte[128];
        new Span<byte>(signals, 128).Clear();
        signals[(PipeSignal - 1) / 8] = 1 << ((PipeSignal - 1) % 8);
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawnattr_init(attributes);
        SafeFileHandle[] ends = [];
        try
        {
            // The runtime ignores SIGPIPE; its children should not.
            _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);
            _ = Libc.posix_spawnattr_setflags(attributes, Libc.SpawnSetSignalDefaults);
            _ = Libc.posix_spawn_file_actions_addopen(actions, 0, "/dev/null", 0, 0);
            if (silent)
            {
                _ = Libc.posix_spawn_file_actions_addopen(actions, 1, "/dev/null", 1, 0);
                _ = Libc.posix_spawn_file_actions_adddup2(actions, 1, 2);
            }
            else
            {
                ends = [.. MakePipe(), .. MakePipe()];
                _ = Libc.posix_spawn_file_actions_adddup2(actions, (int)ends[1].DangerousGetHandle(), 1);
                _ = Libc.posix_spawn_file_actions_adddup2(actions, (int)ends[3].DangerousGetHandle(), 2);
            }

            string?[] words = [path, .. arguments, null];
            string?[] variables = [.. Environment(environment), null];
            DateTime startedAtUtc = DateTime.UtcNow;
            long startedAt = Stopwatch.GetTimestamp();
            int error = Libc.posix_spawnp(out int id, path, actions, attributes, words, variables);
            if (error != 0)
            {
                throw new Win32Exception(error, $"{path}: {Marshal.GetPInvokeErrorMessage(error)}");
            }

            string name = Path.GetFileName(path);
            return new ChildProcess(id, name)
            {
                StartedAt = startedAt,
                StartedAtUtc = startedAtUtc,
                Output = silent ? null : new LineLog(new FileStream(ends[0], FileAccess.Read, 0), name),
                Errors = silent ? null : new LineLog(new FileStream(ends[2], FileAccess.Read, 0), name + " errors"),
            };
        }
        finally
        {
            if (ends.Length > 0)
            {
                ends[1].Dispose();
                ends[3].Dispose();
            }

            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Runs a program to its end and returns what it printed; a failure is an exception with its own words.</summary>
    public static string Run(string path, params string[] arguments)
    {
        using ChildProcess process = Start(path, arguments);
        process.Wait(TimeSpan.FromMinutes(5), mustSucceed: true);
        return process.Output!.Text;
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int Wait(TimeSpan patience, bool mustSucceed = false)
    {
        if (!_end.Wait(patience))
        {
            throw new TimeoutException($"{_name} did not end within {patience.TotalSeconds:0} s: {LastWords()}");
        }

        Output?.Drain();
        Errors?.Drain();
        return !mustSucceed || ExitCode == 0
            ? ExitCode
            : throw new InvalidOperationException($"{_name} ended with {ExitCode}: {LastWords()}");
    }

    /// <summary>Sends a signal while the id is still this process's.</summary>
    public void Signal(int signal)
    {
        lock (_gate)
        {
            if (!_reaped)
            {
                _ = Libc.kill(Id, signal);
            }
        }
    }

    /// <summary>What it said last, for an error.</summary>
    public string LastWords() => $"{Output?.LastLines(2)} {Errors?.LastLines()}".Trim();

    public void Dispose()
    {
        Signal(Libc.SignalKill);
        _end.Wait(TimeSpan.FromSeconds(20));
    }

    private static unsafe SafeFileHandle[] MakePipe()
    {
        int* ends = stackalloc int[2];
        return Libc.pipe2(ends, Libc.CloseOnExec) == 0
            ? [new SafeFileHandle(ends[0], true), new SafeFileHandle(ends[1], true)]
            : throw new Win32Exception();
    }

    private static IEnumerable<string> Environment(IReadOnlyDictionary<string, string>? more)
    {
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            if (more?.ContainsKey((string)variable.Key) != true)
            {
                yield return $"{variable.Key}={variable.Value}";
            }
        }

        foreach ((string name, string value) in more ?? new Dictionary<string, string>())
        {
            yield return $"{name}={value}";
        }
    }

    private unsafe void Reap()
    {
        byte* information = stackalloc byte[128];
        while (Libc.waitid(1, Id, information, Libc.WaitExited | Libc.WaitNoWait) != 0 && Marshal.GetLastPInvokeError() == 4)
        {
        }

        ExitedAt = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            if (Libc.wait4(Id, out int status, 0, out ResourceUsage usage) == Id)
            {
                ExitCode = (status & ExitedBits) == 0 ? (status >> 8) & 0xff : 128 + (status & ExitedBits);
                Usage = usage;
            }

            _reaped = true;
        }

        _end.Set();
    }
}
