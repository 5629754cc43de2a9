using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Userfaultfd;

/// <summary>
/// A userfaultfd of this process: page faults of chosen memory are reported here, or noted by the kernel alone. Each method is one request;
/// addresses and lengths are multiples of the page size. Any thread may call. Closing it undoes all registrations and wakes who waits.
/// </summary>
public sealed unsafe class FaultDescriptor : IDisposable
{
    private const string Name = "userfaultfd";

    private FaultDescriptor(SafeFileHandle handle, UserfaultfdFeatures features)
    {
        Handle = handle;
        Features = features;
    }

    /// <summary>Readable when a fault waits; never blocks.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>What this kernel has.</summary>
    public UserfaultfdFeatures Features { get; }

    /// <summary>Opens one: by the system call, and where that is refused by the device.</summary>
    /// <param name="features">What is needed. Asking for it also switches it on.</param>
    /// <param name="userModeOnly">
    /// Faults that the kernel takes (in read(2), or in KVM) are not reported but fail; any user may open such a descriptor. It makes no
    /// difference to asynchronous write protection, where nothing is reported.
    /// </param>
    /// <exception cref="LinuxException">
    /// EPERM: kept for root on this host; ENOSYS: the kernel was built without; EINVAL: it lacks a feature.
    /// </exception>
    public static FaultDescriptor Open(UserfaultfdFeatures features, bool userModeOnly)
    {
        var handle = OpenHandle(userModeOnly);
        try
        {
            var question = stackalloc ulong[3] { UserfaultfdRequests.Interface, (ulong)features, 0 };
            if (UserfaultfdCalls.Control(handle, UserfaultfdRequests.AskInterface, (nint)question) != 0) throw LinuxException.Last("UFFDIO_API", Name);
            return new FaultDescriptor(handle, (UserfaultfdFeatures)question[1]);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// One that another process opened and handed to this one: the faults are that process's, and so are the addresses. It is closed when the last
    /// process that has it closes it.
    /// </summary>
    /// <param name="handle">The descriptor; owned by this object from now on.</param>
    public static FaultDescriptor OfAnotherProcess(SafeFileHandle handle) => new(handle, UserfaultfdFeatures.None);

    /// <summary>Begins to handle faults of a range.</summary>
    /// <exception cref="LinuxException">The memory cannot be handled so (EINVAL), or another userfaultfd has it (EBUSY).</exception>
    public void Register(nint address, nint length, UserfaultfdModes modes)
    {
        var argument = stackalloc ulong[4] { (ulong)address, (ulong)length, (ulong)modes, 0 };
        Request(UserfaultfdRequests.Register, argument, "UFFDIO_REGISTER");
    }

    /// <summary>Ends it. Write protection of the range is gone.</summary>
    public void Unregister(nint address, nint length)
    {
        var argument = stackalloc ulong[2] { (ulong)address, (ulong)length };
        Request(UserfaultfdRequests.Unregister, argument, "UFFDIO_UNREGISTER");
    }

    /// <summary>Protects a range against writes, or lets them through and wakes who waits.</summary>
    public void WriteProtect(nint address, nint length, bool protect)
    {
        var argument = stackalloc ulong[3]
        {
            (ulong)address, (ulong)length, protect ? UserfaultfdRequests.WriteProtectModeProtect : 0,
        };
        Request(UserfaultfdRequests.WriteProtect, argument, "UFFDIO_WRITEPROTECT");
    }

    /// <summary>Wakes who waits for pages of a range.</summary>
    public void Wake(nint address, nint length)
    {
        var argument = stackalloc ulong[2] { (ulong)address, (ulong)length };
        Request(UserfaultfdRequests.Wake, argument, "UFFDIO_WAKE");
    }

    /// <summary>Puts whole pages where none are and wakes who waits for them.</summary>
    /// <param name="destination">The first missing page.</param>
    /// <param name="source">What goes there; must not be memory whose faults are handled by the calling thread.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="writeProtected">The pages are write-protected from the beginning.</param>
    /// <returns>The number of bytes; fewer than asked for where a page was there already.</returns>
    public nint Copy(nint destination, nint source, nint length, bool writeProtected = false)
    {
        nint done = 0;
        var argument = stackalloc long[5];
        argument[3] = writeProtected ? (long)UserfaultfdRequests.CopyModeWriteProtect : 0;
        while (done < length)
        {
            (argument[0], argument[1], argument[2], argument[4]) = (destination + done, source + done, length - done, 0);
            if (!Fill(UserfaultfdRequests.Copy, argument, 4, "UFFDIO_COPY", ref done)) return done;
        }
        return done;
    }

    /// <summary>Puts pages of zeros where none are, wakes who waits for them, and returns as <see cref="Copy"/> does.</summary>
    public nint ZeroPages(nint address, nint length) => FillRange(UserfaultfdRequests.ZeroPage, address, length, "UFFDIO_ZEROPAGE");

    /// <summary>Maps pages that the file has already, wakes who waits for them, and returns as <see cref="Copy"/> does.</summary>
    public nint Continue(nint address, nint length) => FillRange(UserfaultfdRequests.Continue, address, length, "UFFDIO_CONTINUE");

    /// <summary>The next fault that waits; false when none does. Events other than faults are passed over: none is asked for.</summary>
    public bool TryRead(out PageFault fault)
    {
        // struct uffd_msg: event at 0; of a fault the flags at 8 and the address at 16.
        var message = stackalloc byte[UserfaultfdRequests.MessageBytes];
        while (Descriptor.Read(Handle, new Span<byte>(message, UserfaultfdRequests.MessageBytes), Name) == UserfaultfdRequests.MessageBytes)
        {
            if (*message != UserfaultfdRequests.PageFaultEvent) continue;
            var flags = *(ulong*)(message + 8);
            fault = new PageFault(
                *(nint*)(message + 16),
                (flags & UserfaultfdRequests.FaultIsWrite) != 0,
                (flags & UserfaultfdRequests.FaultIsWriteProtect) != 0,
                (flags & UserfaultfdRequests.FaultIsMinor) != 0);
            return true;
        }
        fault = default;
        return false;
    }

    /// <summary>Closes the descriptor.</summary>
    public void Dispose() => Handle.Dispose();

    private static SafeFileHandle OpenHandle(bool userModeOnly)
    {
        var flags = UserfaultfdRequests.CloseOnExec | UserfaultfdRequests.NonBlocking | (userModeOnly ? UserfaultfdRequests.UserModeOnly : 0);
        var number = UserfaultfdCalls.SystemCall(UserfaultfdCalls.SystemCallNumber, flags);
        if (number >= 0) return new SafeFileHandle(number, true);
        var refusal = LinuxException.Last(Name, Name);
        try
        {
            using var device = Descriptor.Open(UserfaultfdProbe.DevicePath, FileAccess.ReadWrite);
            number = UserfaultfdCalls.Control(device, UserfaultfdRequests.NewDescriptor, flags);
        }
        catch (LinuxException)
        {
            // What the system call said is the more telling of the two.
        }
        return number >= 0 ? new SafeFileHandle(number, true) : throw refusal;
    }

    private nint FillRange(nuint request, nint address, nint length, string call)
    {
        nint done = 0;
        var argument = stackalloc long[4];
        while (done < length)
        {
            (argument[0], argument[1], argument[2], argument[3]) = (address + done, length - done, 0, 0);
            if (!Fill(request, argument, 3, call, ref done)) return done;
        }
        return done;
    }

    /// <summary>One request that fills pages. False when a page was there already; what was filled before it is counted.</summary>
    private bool Fill(nuint request, long* argument, int resultIndex, string call, ref nint done)
    {
        if (UserfaultfdCalls.Control(Handle, request, (nint)argument) == 0)
        {
            done += (nint)argument[resultIndex];
            return true;
        }
        // The result is the number of bytes, or the negated error when there are none. EAGAIN: the mappings changed, or some were done.
        var error = Marshal.GetLastPInvokeError();
        if (argument[resultIndex] > 0) done += (nint)argument[resultIndex];
        if (error == Errno.EAGAIN) return true;
        return error == Errno.EEXIST ? false : throw new LinuxException(error, call, Name);
    }

    private void Request(nuint request, ulong* argument, string call)
    {
        while (UserfaultfdCalls.Control(Handle, request, (nint)argument) != 0)
        {
            if (Marshal.GetLastPInvokeError() is not (Errno.EAGAIN or Errno.EINTR)) throw LinuxException.Last(call, Name);
        }
    }
}
