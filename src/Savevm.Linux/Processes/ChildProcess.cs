using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Processes;

/// <summary>
/// A process that we started, held by a pidfd, so signals never hit a stranger. It outlives us; disposing this only lets go of it.
/// All members may be called from any thread.
/// </summary>
public sealed unsafe class ChildProcess : IDisposable
{
    private const int PidfdType = 3, WaitExited = 4, WaitNoHang = 1, Exited = 1;
    private readonly Lock reaping = new();
    private readonly string name;
    private volatile bool reaped;
    private int exitCode;
    private int exitSignal;

    private ChildProcess(int processId, SafeFileHandle handle, string name)
    {
        Id = processId;
        Handle = handle;
        this.name = name;
    }

    /// <summary>Its process id; never another process's while <see cref="HasExited"/> was not seen true.</summary>
    public int Id { get; }

    /// <summary>The pidfd: readable when the process has ended.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Whether it has ended; the first true answer takes its exit status from the kernel.</summary>
    public bool HasExited => reaped || Reap();

    /// <summary>What it returned, or 128 plus the signal that ended it, as a shell says it.</summary>
    /// <exception cref="InvalidOperationException">It runs.</exception>
    public int ExitCode => HasExited ? exitCode : throw new InvalidOperationException($"{name} still runs");

    /// <summary>The signal that ended it, 0 when it returned.</summary>
    /// <exception cref="InvalidOperationException">It runs.</exception>
    public int ExitSignal => HasExited ? exitSignal : throw new InvalidOperationException($"{name} still runs");

    /// <summary>Starts a process. Returns when the program is loaded or could not be.</summary>
    /// <exception cref="LinuxException">The program, the folder or a file is not there or not allowed; the message names it.</exception>
    public static ChildProcess Start(ChildProcessStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var name = start.ProgramArgument ?? start.Program;
        var processId = start.ForbidHoles ? HoleFilter.Under(() => Spawner.Spawn(start), name) : Spawner.Spawn(start);
        var pidfd = ProcessCalls.SystemCall(ProcessCalls.PidfdOpen, processId, 0, 0, 0);
        // Until its status is taken the id stays ours, even if the process has ended already.
        if (pidfd < 0) throw LinuxException.Last("pidfd_open", name);
        return new ChildProcess(processId, new SafeFileHandle((nint)pidfd, true), name);
    }

    /// <summary>Waits for its end. False when the time ran out.</summary>
    /// <param name="timeout"><see cref="Timeout.InfiniteTimeSpan"/> waits for ever.</param>
    public bool WaitForExit(TimeSpan timeout)
    {
        if (HasExited) return true;
        Descriptor.Wait(Handle, PollEvents.Readable, timeout, name);
        return HasExited;
    }

    /// <summary>Waits for its end and returns <see cref="ExitCode"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the process goes on.</exception>
    public int WaitForExit(CancellationToken cancellationToken)
    {
        using var wakeup = new Wakeup();
        using var registration = wakeup.SignalOn(cancellationToken);
        while (!HasExited)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Descriptor.Wait(Handle, PollEvents.Readable, wakeup, Timeout.InfiniteTimeSpan, name);
        }
        return exitCode;
    }

    /// <summary>Like <see cref="WaitForExit(CancellationToken)"/>, on a thread of its own.</summary>
    public Task<int> WaitForExitAsync(CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(() => WaitForExit(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Sends a signal; does nothing when the process has ended.</summary>
    /// <exception cref="LinuxException">It is not allowed.</exception>
    public void Kill(Signal signal = Signal.Kill)
    {
        if (reaped) return;
        var held = false;
        try
        {
            Handle.DangerousAddRef(ref held);
            if (ProcessCalls.SystemCall(ProcessCalls.PidfdSendSignal, Handle.DangerousGetHandle(), (int)signal, 0, 0) == 0) return;
            if (Marshal.GetLastPInvokeError() != Errno.ESRCH) throw LinuxException.Last("pidfd_send_signal", name);
        }
        finally
        {
            if (held) Handle.DangerousRelease();
        }
    }

    /// <summary>Lets go of the process, which goes on if it still runs.</summary>
    public void Dispose()
    {
        if (!Handle.IsClosed) _ = HasExited;
        Handle.Dispose();
    }

    private bool Reap()
    {
        const int CodeOffset = 8, StatusOffset = 24, InformationBytes = 128;
        lock (reaping)
        {
            if (reaped) return true;
            var information = stackalloc byte[InformationBytes];
            new Span<byte>(information, InformationBytes).Clear();
            var held = false;
            try
            {
                Handle.DangerousAddRef(ref held);
                while (ProcessCalls.Wait(PidfdType, (int)Handle.DangerousGetHandle(), information, WaitExited | WaitNoHang) != 0)
                    if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("waitid", name);
            }
            finally
            {
                if (held) Handle.DangerousRelease();
            }
            var code = *(int*)(information + CodeOffset);
            if (code == 0) return false;
            var status = *(int*)(information + StatusOffset);
            (exitCode, exitSignal) = code == Exited ? (status, 0) : (128 + status, status);
            return reaped = true;
        }
    }
}
