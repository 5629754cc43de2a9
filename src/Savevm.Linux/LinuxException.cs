using System.Runtime.InteropServices;

namespace Savevm.Linux;

/// <summary>A system call failed. <see cref="Exception.HResult"/> is the error number.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>Makes the error of a call that set <paramref name="errorNumber"/>.</summary>
    /// <param name="errorNumber">The value of errno.</param>
    /// <param name="call">The system or library call, such as <c>connect</c>.</param>
    /// <param name="name">What it was about: a path, an address, a process.</param>
    public LinuxException(int errorNumber, string call, string name)
        : base($"{name}: {Marshal.GetPInvokeErrorMessage(errorNumber)} ({call})", errorNumber)
    {
        ErrorNumber = errorNumber;
        Call = call;
        Name = name;
    }

    /// <summary>The value of errno; see <see cref="Errno"/>.</summary>
    public int ErrorNumber { get; }

    /// <summary>The system or library call that failed.</summary>
    public string Call { get; }

    /// <summary>What the call was about: a path, an address, a process.</summary>
    public string Name { get; }

    /// <summary>The error of the call that just failed on this thread.</summary>
    public static LinuxException Last(string call, string name) => new(Marshal.GetLastPInvokeError(), call, name);
}
