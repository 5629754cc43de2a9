using System.Collections;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Processes;

/// <summary>Turns a <see cref="ChildProcessStart"/> into a call of <c>posix_spawnp</c>.</summary>
internal static unsafe class Spawner
{
    // posix_spawnattr_t has 336 bytes and posix_spawn_file_actions_t 80 with glibc, on both architectures; sigset_t has 128.
    private const int AttributeBytes = 512, ActionBytes = 256, SignalBytes = 128;
    private const short SetDefaultSignals = 4, SetSignalMask = 8, NewSession = 0x80;

    internal static int Spawn(ChildProcessStart start)
    {
        var attributes = stackalloc byte[AttributeBytes];
        var actions = stackalloc byte[ActionBytes];
        var opened = new List<SafeFileHandle>();
        using var arguments = new StringVector(start.Arguments.Prepend(start.ProgramArgument ?? start.Program));
        using var environment = new StringVector(EnvironmentOf(start));
        Check(ProcessCalls.InitializeAttributes(attributes), "posix_spawnattr_init", start.Program);
        Check(ProcessCalls.InitializeActions(actions), "posix_spawn_file_actions_init", start.Program);
        try
        {
            FillAttributes(attributes, start);
            AddDescriptors(actions, start, opened);
            if (start.WorkingDirectory is { } folder)
            {
                // The child can only say "no such file", not which one.
                if (!Directory.Exists(folder)) throw new LinuxException(Errno.ENOENT, "chdir", folder);
                Check(ProcessCalls.AddChangeDirectory(actions, folder), "posix_spawn_file_actions_addchdir_np", folder);
            }
            int processId;
            var program = start.Program.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(start.Program) : start.Program;
            Check(ProcessCalls.Spawn(&processId, program, actions, attributes, arguments.Pointer, environment.Pointer), "posix_spawn", start.Program);
            return processId;
        }
        finally
        {
            foreach (var descriptor in opened) descriptor.Dispose();
            _ = ProcessCalls.DestroyActions(actions);
            _ = ProcessCalls.DestroyAttributes(attributes);
        }
    }

    private static void FillAttributes(byte* attributes, ChildProcessStart start)
    {
        // The runtime ignores and handles signals; the child starts with none of that.
        var signals = stackalloc byte[SignalBytes];
        _ = ProcessCalls.EmptySignals(signals);
        Check(ProcessCalls.SetSignalMask(attributes, signals), "posix_spawnattr_setsigmask", start.Program);
        _ = ProcessCalls.FillSignals(signals);
        Check(ProcessCalls.SetDefaultSignals(attributes, signals), "posix_spawnattr_setsigdefault", start.Program);
        var flags = (short)(SetDefaultSignals | SetSignalMask | (start.NewSession ? NewSession : 0));
        Check(ProcessCalls.SetFlags(attributes, flags), "posix_spawnattr_setflags", start.Program);
    }

    private static void AddDescriptors(byte* actions, ChildProcessStart start, List<SafeFileHandle> opened)
    {
        var wanted = new SortedDictionary<int, SafeHandle>();
        foreach (var (descriptor, number) in start.Descriptors)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(start));
            if (!wanted.TryAdd(number, descriptor)) throw new ArgumentException($"Two descriptors shall become {number}.", nameof(start));
        }
        OpenStandard(wanted, 0, start.InputFile, FileAccess.Read, OpenOptions.None, opened);
        const OpenOptions Log = OpenOptions.Create | OpenOptions.Append;
        OpenStandard(wanted, 1, start.OutputFile, FileAccess.Write, Log, opened);
        OpenStandard(wanted, 2, start.ErrorFile, FileAccess.Write, Log, opened);
        if (wanted.Count == 0) return;
        // Copies above all wanted numbers: no step overwrites what a later one needs, and no dup2 is onto itself.
        var lowest = wanted.Keys.Last() + 1;
        foreach (var (number, descriptor) in wanted)
        {
            var copy = Descriptor.Duplicate(descriptor, lowest);
            opened.Add(copy);
            Check(ProcessCalls.AddDuplicate(actions, (int)copy.DangerousGetHandle(), number), "posix_spawn_file_actions_adddup2", start.Program);
        }
    }

    private static void OpenStandard(
        SortedDictionary<int, SafeHandle> wanted, int number, string? file, FileAccess access, OpenOptions options, List<SafeFileHandle> opened)
    {
        if (file is null || wanted.ContainsKey(number)) return;
        var descriptor = Descriptor.Open(file, access, options | OpenOptions.NoControllingTerminal);
        opened.Add(descriptor);
        wanted.Add(number, descriptor);
    }

    private static IEnumerable<string> EnvironmentOf(ChildProcessStart start)
    {
        if (start.Environment is { } given) return given.Select(pair => $"{pair.Key}={pair.Value}");
        return Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(pair => $"{pair.Key}={pair.Value}");
    }

    private static void Check(int error, string call, string name)
    {
        if (error != 0) throw new LinuxException(error, call, name);
    }
}
