using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Processes;

/// <summary>
/// Lets this process end with another one: whoever holds the other end of a pipe is needed, and when the last one is gone the kernel kills this process.
/// </summary>
/// <remarks>
/// A thread that waits for the other process could not do it: it may be held by the very thing that the other process was to do.
/// </remarks>
public sealed class LifeLine : IDisposable
{
    private const string Name = "life line";
    private const int SetFlags = 4, SetOwner = 8, SetSignal = 10, Asynchronous = 0x2000, Kill = 9;

    private readonly SafeFileHandle ours;

    /// <summary>Makes one that is not tied yet.</summary>
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    public LifeLine() => (ours, OtherEnd) = Descriptor.Pipe();

    /// <summary>What the other process holds as long as it lives. Nobody else keeps it: <see cref="Tie"/> closes ours.</summary>
    public SafeFileHandle OtherEnd { get; }

    /// <summary>From now on this process ends with the other one. False when that one has ended already.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public bool Tie()
    {
        OtherEnd.Dispose();
        Control(SetOwner, Environment.ProcessId);
        Control(SetSignal, Kill);
        Control(SetFlags, Asynchronous);
        if (Descriptor.Wait(ours, PollEvents.Readable, TimeSpan.Zero, Name) == PollEvents.None) return true;
        Untie();
        return false;
    }

    /// <summary>The other one is not needed any more.</summary>
    public void Untie() => Control(SetFlags, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        OtherEnd.Dispose();
        ours.Dispose();
    }

    private void Control(int command, int argument)
    {
        if (DescriptorCalls.Control(ours, command, argument) < 0) throw LinuxException.Last("fcntl", Name);
    }
}
