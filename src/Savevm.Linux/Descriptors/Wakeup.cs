using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Linux.Descriptors;

/// <summary>An eventfd: one thread ends the poll of another. Once signalled it stays so until <see cref="Reset"/>.</summary>
public sealed class Wakeup : IDisposable
{
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;

    /// <summary>Makes one that is not signalled.</summary>
    public Wakeup()
    {
        var number = DescriptorCalls.EventFd(0, CloseOnExec | NonBlocking);
        if (number < 0) throw LinuxException.Last("eventfd", "eventfd");
        Handle = new SafeFileHandle(number, true);
    }

    /// <summary>The descriptor; readable while signalled.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Wakes everybody who waits, now and later; from any thread, also after <see cref="Dispose"/>.</summary>
    public void Signal()
    {
        ReadOnlySpan<byte> one = MemoryMarshal.AsBytes([1L]);
        try
        {
            Descriptor.Write(Handle, one, "eventfd");
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    /// <summary>Takes the signal back.</summary>
    public void Reset()
    {
        Span<byte> count = stackalloc byte[8];
        Descriptor.Read(Handle, count, "eventfd");
    }

    /// <summary>Signals when the token is cancelled, until the registration is disposed.</summary>
    public CancellationTokenRegistration SignalOn(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static wakeup => ((Wakeup)wakeup!).Signal(), this);

    /// <summary>Closes the descriptor.</summary>
    public void Dispose() => Handle.Dispose();
}
