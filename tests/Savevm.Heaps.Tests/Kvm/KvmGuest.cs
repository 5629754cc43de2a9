using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Heaps.Tests.Kvm;

/// <summary>
/// A virtual machine of KVM whose memory are regions of a heap, and whose processor writes to it all the while. The kernel takes its faults, on behalf of a
/// thread that is in a system call.
/// </summary>
internal sealed unsafe class KvmGuest : IDisposable
{
    public const string Device = "/dev/kvm";

    private const int SegmentBytes = 24, ControlRegister0 = 224, SpecialRegisterBytes = 0x138;
    private const int ExitReason = 8;
    private const uint ExitByPort = 2;

    private readonly NativeHeap heap;
    private readonly SafeFileHandle kvm, machine, processor;
    private readonly nint run;
    private readonly int runBytes;
    private readonly Thread thread;
    private readonly SemaphoreSlim stands = new(0), goes = new(0);
    private volatile bool shallStand, ends;

    public KvmGuest(NativeHeap heap)
    {
        this.heap = heap;
        kvm = Descriptor.Open(Device, FileAccess.ReadWrite);
        machine = new SafeFileHandle(KvmCalls.Do(kvm, KvmCalls.CreateVm, 0, "KVM_CREATE_VM"), true);
        KvmCalls.Do(machine, KvmCalls.SetTaskSegment, unchecked((nint)0xfffbd000), "KVM_SET_TSS_ADDR");
        var (code, data) = (heap["code"], heap["data"]);
        SetMemory(0, 0, code.Length, code.Address);
        SetMemory(1, GuestProgram.DataAddress, data.Length, data.Address);
        GuestProgram.Assemble((int)(data.Length / GuestProgram.PageSize)).CopyTo(code.Slice(GuestProgram.CodeAddress, 0x100));
        processor = new SafeFileHandle(KvmCalls.Do(machine, KvmCalls.CreateProcessor, 0, "KVM_CREATE_VCPU"), true);
        runBytes = KvmCalls.Do(kvm, KvmCalls.RunMappingBytes, 0, "KVM_GET_VCPU_MMAP_SIZE");
        run = KvmCalls.Map(0, (nuint)runBytes, 3, 1, processor, 0);
        Assert.NotEqual(-1, run);
        SetRegisters();
        thread = new Thread(Run) { IsBackground = true, Name = "processor" };
        thread.Start();
    }

    /// <summary>Why the processor ended before it was told to; null while it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Number of its last write.</summary>
    public uint Number => *(uint*)(heap["code"].Address + GuestProgram.NumberAddress);

    /// <summary>Its last write before it stood still the last time.</summary>
    public uint NumberAtInstant { get; private set; }

    public IDisposable Pause()
    {
        shallStand = true;
        Assert.True(stands.Wait(TimeSpan.FromSeconds(20)), $"the processor does not come to a stand: {Failure}");
        NumberAtInstant = Number;
        return new Stand(this);
    }

    /// <summary>The memory is what the guest had made it when it had done its write of that number.</summary>
    public static void AssertIsOf(NativeHeap image, uint number)
    {
        Assert.Equal(number, *(uint*)(image["code"].Address + GuestProgram.NumberAddress));
        var data = image["data"];
        var pages = (uint)(data.Length / GuestProgram.PageSize);
        var expected = new uint[pages];
        for (var write = number > pages ? number - pages + 1 : 1; write <= number && write != 0; write++) expected[(ulong)write * GuestProgram.Step % pages] = write;
        for (long page = 0; page < pages; page++)
        {
            var at = (uint*)(data.Address + (nint)(page * GuestProgram.PageSize));
            var (first, last) = (at[0], at[(GuestProgram.PageSize / sizeof(uint)) - 1]);
            Assert.True(first == expected[page] && last == first, $"page {page} holds {first} and {last}; after {number} writes it is {expected[page]}");
        }
    }

    public void Dispose()
    {
        ends = true;
        thread.Join();
        Assert.Equal(0, KvmCalls.Unmap(run, (nuint)runBytes));
        processor.Dispose();
        machine.Dispose();
        kvm.Dispose();
        stands.Dispose();
        goes.Dispose();
    }

    private void SetMemory(uint slot, ulong guestAddress, long length, nint address)
    {
        var argument = stackalloc ulong[4] { slot, guestAddress, (ulong)length, (ulong)address };
        KvmCalls.Do(machine, KvmCalls.SetMemory, (nint)argument, "KVM_SET_USER_MEMORY_REGION");
    }

    private void SetRegisters()
    {
        var special = stackalloc byte[SpecialRegisterBytes];
        KvmCalls.Do(processor, KvmCalls.GetSpecialRegisters, (nint)special, "KVM_GET_SREGS");
        // Flat segments of 4 GiB, code in the first, and protected mode.
        for (var index = 0; index < 6; index++)
        {
            var segment = special + (index * SegmentBytes);
            *(ulong*)segment = 0;
            *(uint*)(segment + 8) = uint.MaxValue;
            *(ushort*)(segment + 12) = (ushort)(index == 0 ? 8 : 16);
            // Type, present, level, 32 bits, code or data, 64 bits, pages, free, unusable.
            new ReadOnlySpan<byte>([(byte)(index == 0 ? 11 : 3), 1, 0, 1, 1, 0, 1, 0, 0]).CopyTo(new Span<byte>(segment + 14, 9));
        }
        *(ulong*)(special + ControlRegister0) |= 1;
        KvmCalls.Do(processor, KvmCalls.SetSpecialRegisters, (nint)special, "KVM_SET_SREGS");
        var registers = stackalloc ulong[18];
        new Span<ulong>(registers, 18).Clear();
        (registers[1], registers[16], registers[17]) = (GuestProgram.DataAddress, GuestProgram.CodeAddress, 2);
        KvmCalls.Do(processor, KvmCalls.SetRegisters, (nint)registers, "KVM_SET_REGS");
    }

    private void Run()
    {
        try
        {
            while (!ends)
            {
                KvmCalls.Do(processor, KvmCalls.Run, 0, "KVM_RUN");
                var reason = *(uint*)(run + ExitReason);
                if (reason != ExitByPort) throw new IOException($"the processor left for reason {reason}");
                if (!shallStand) continue;
                shallStand = false;
                stands.Release();
                goes.Wait();
            }
        }
        catch (Exception failure)
        {
            Failure = failure;
        }
    }

    private sealed class Stand(KvmGuest guest) : IDisposable
    {
        public void Dispose() => guest.goes.Release();
    }
}
