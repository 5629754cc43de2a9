using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Sockets;

/// <summary>Sends open descriptors over a unix socket together with bytes (SCM_RIGHTS).</summary>
public static unsafe class DescriptorPassing
{
    /// <summary>The most descriptors in one message; the kernel's own limit is 253.</summary>
    public const int MaximumDescriptors = 16;

    private const int SocketLevel = 1, Rights = 1, HeaderBytes = 16, NoSignal = 0x4000, CloseOnExec = 0x40000000, ControlTruncated = 8;

    /// <summary>
    /// Sends all bytes; the descriptors travel with the first of them. Works on blocking and non-blocking sockets, blocks in both cases.
    /// </summary>
    /// <param name="socket">A connected unix socket.</param>
    /// <param name="bytes">At least one byte.</param>
    /// <param name="descriptors">What to send; the caller keeps its own and may close them after the call.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="LinuxException">The connection broke.</exception>
    public static void Send(SafeHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeHandle> descriptors, string name)
    {
        if (bytes.IsEmpty) throw new ArgumentException("Descriptors travel with at least one byte.", nameof(bytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaximumDescriptors, nameof(descriptors));
        var numbers = stackalloc int[MaximumDescriptors];
        var held = 0;
        try
        {
            foreach (var descriptor in descriptors)
            {
                var taken = false;
                descriptor.DangerousAddRef(ref taken);
                numbers[held++] = (int)descriptor.DangerousGetHandle();
            }
            SendNumbers(socket, bytes, new ReadOnlySpan<int>(numbers, held), name);
        }
        finally
        {
            for (var i = 0; i < held; i++) descriptors[i].DangerousRelease();
        }
    }

    /// <summary>Receives bytes and the descriptors that came with them; the caller owns these. No child inherits them.</summary>
    /// <returns>The number of bytes, 0 at the end of the stream.</returns>
    /// <exception cref="LinuxException">The connection broke.</exception>
    /// <exception cref="IOException">More than <see cref="MaximumDescriptors"/> came; all were closed.</exception>
    public static int Receive(SafeHandle socket, Span<byte> buffer, out SafeFileHandle[] descriptors, string name)
    {
        var controlBytes = HeaderBytes + (MaximumDescriptors * sizeof(int));
        var control = stackalloc byte[controlBytes];
        fixed (byte* first = buffer)
        {
            var segment = stackalloc nint[2] { (nint)first, buffer.Length };
            var message = new MessageHeader { Segments = segment, SegmentCount = 1, Control = control, ControlLength = (nuint)controlBytes };
            nint count;
            while ((count = SocketCalls.ReceiveMessage(socket, &message, CloseOnExec)) < 0)
                WaitAfterError(socket, PollEvents.Readable, "recvmsg", name);
            descriptors = TakeDescriptors(control, (nint)message.ControlLength);
            if ((message.Flags & ControlTruncated) == 0) return (int)count;
            foreach (var descriptor in descriptors) descriptor.Dispose();
            throw new IOException($"{name}: more than {MaximumDescriptors} descriptors came in one message");
        }
    }

    private static void SendNumbers(SafeHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> numbers, string name)
    {
        var control = stackalloc byte[HeaderBytes + (MaximumDescriptors * sizeof(int))];
        *(nuint*)control = (nuint)(HeaderBytes + (numbers.Length * sizeof(int)));
        ((int*)control)[2] = SocketLevel;
        ((int*)control)[3] = Rights;
        numbers.CopyTo(new Span<int>(control + HeaderBytes, MaximumDescriptors));
        var space = (nuint)(HeaderBytes + (((numbers.Length * sizeof(int)) + 7) & ~7));
        fixed (byte* first = bytes)
        {
            var segment = stackalloc nint[2];
            for (nint done = 0; done < bytes.Length;)
            {
                segment[0] = (nint)first + done;
                segment[1] = bytes.Length - done;
                var message = new MessageHeader { Segments = segment, SegmentCount = 1 };
                if (done == 0 && !numbers.IsEmpty)
                {
                    message.Control = control;
                    message.ControlLength = space;
                }
                var count = SocketCalls.SendMessage(socket, &message, NoSignal);
                if (count >= 0) done += count;
                else WaitAfterError(socket, PollEvents.Writable, "sendmsg", name);
            }
        }
    }

    private static void WaitAfterError(SafeHandle socket, PollEvents events, string call, string name)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.EAGAIN) Descriptor.Wait(socket, events, Timeout.InfiniteTimeSpan, name);
        else if (error != Errno.EINTR) throw new LinuxException(error, call, name);
    }

    private static SafeFileHandle[] TakeDescriptors(byte* control, nint length)
    {
        if (length < HeaderBytes || ((int*)control)[2] != SocketLevel || ((int*)control)[3] != Rights) return [];
        var count = ((int)Math.Min(length, (nint)(*(nuint*)control)) - HeaderBytes) / sizeof(int);
        var descriptors = new SafeFileHandle[count];
        for (var i = 0; i < count; i++) descriptors[i] = new SafeFileHandle(((int*)(control + HeaderBytes))[i], true);
        return descriptors;
    }
}
