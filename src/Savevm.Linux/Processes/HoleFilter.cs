using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Savevm.Linux.Processes;

/// <summary>
/// A filter of system calls (seccomp) under which a child cannot punch holes into files: <c>fallocate</c> answers that the file system
/// cannot do it, which programs must be prepared for. A child inherits the filter of the thread that starts it and cannot get rid of it.
/// </summary>
/// <remarks>
/// Without privilege the kernel demands that the child gain none either (<c>no_new_privs</c>): set-user-id programs that it starts run as
/// its own user.
/// </remarks>
internal static unsafe class HoleFilter
{
    private const int SeccompSetFilter = 1, AllowSpeculation = 4, NoNewPrivileges = 38;
    private const uint PunchHole = 2, FailWith = 0x50000, Allow = 0x7fff0000;

    // Instructions: load a word of what is known of the call, compare, test bits, return. Offsets: number, architecture, second argument.
    private const ushort Load = 0x20, IfEqual = 0x15, IfBits = 0x45, Return = 0x06;
    private const uint Number = 0, Architecture = 4, Mode = 24;

    /// <summary>Calls on a thread that has the filter and ends afterwards; our own threads stay without.</summary>
    /// <exception cref="LinuxException">The kernel takes no filter.</exception>
    public static T Under<T>(Func<T> call, string name)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Install(name);
                result = call();
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        return result;
    }

    private static void Install(string name)
    {
        var (seccomp, fallocate, architecture) = RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64
            ? (277, 47u, 0xC00000B7u)
            : (317, 285u, 0xC000003Eu);
        Instruction[] program =
        [
            new(Load, 0, 0, Architecture),
            new(IfEqual, 0, 5, architecture),
            new(Load, 0, 0, Number),
            new(IfEqual, 0, 3, fallocate),
            new(Load, 0, 0, Mode),
            new(IfBits, 0, 1, PunchHole),
            new(Return, 0, 0, FailWith | Errno.EOPNOTSUPP),
            new(Return, 0, 0, Allow),
        ];
        // Safe: the kernel copies the program before the call returns.
        fixed (Instruction* first = program)
        {
            var header = new Program((ushort)program.Length, first);
            if (ProcessCalls.SystemCall(seccomp, SeccompSetFilter, AllowSpeculation, (nint)(&header), 0) == 0) return;
            if (Marshal.GetLastPInvokeError() != Errno.EACCES) throw LinuxException.Last("seccomp", name);
            if (ProcessCalls.Control(NoNewPrivileges, 1, 0, 0, 0) != 0) throw LinuxException.Last("prctl", name);
            if (ProcessCalls.SystemCall(seccomp, SeccompSetFilter, AllowSpeculation, (nint)(&header), 0) != 0) throw LinuxException.Last("seccomp", name);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Program(ushort length, Instruction* first)
    {
        public readonly ushort Length = length;
        public readonly Instruction* First = first;
    }
}
