using Savevm.Linux.Descriptors;
using Savevm.Linux.Memory;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Linux.Tests.Userfaultfd;

/// <summary>The kernel's numbers, held to what the running kernel does when it is given them.</summary>
public sealed class FaultDescriptorTests
{
    private static readonly int PageSize = Environment.SystemPageSize;

    [Fact]
    public void A_missing_page_is_told_and_filled()
    {
        using var descriptor = Open(UserfaultfdFeatures.None);
        using var memory = MemoryMapping.Anonymous(4 * PageSize, "test");
        using var buffer = new NativeBuffer(2 * PageSize);
        buffer.Span.Fill(0x77);
        descriptor.Register(memory.Address, memory.Length, UserfaultfdModes.Missing);
        Assert.False(descriptor.TryRead(out _));
        var read = Task.Run(() => ByteAt(memory.Address + (2 * PageSize) + 5));
        var fault = Next(descriptor);
        Assert.Equal(new PageFault(memory.Address + (2 * PageSize), false, false, false), fault);
        Assert.Equal(PageSize, descriptor.Copy(fault.Address, buffer.Address, PageSize));
        Assert.Equal(0x77, read.Result);
        // A page that is there stops a copy, which says how far it came.
        Assert.Equal(PageSize, descriptor.Copy(memory.Address + PageSize, buffer.Address, 2 * PageSize));
        var write = Task.Run(() => NativeFill.Fill(memory.Address, 1, 1));
        fault = Next(descriptor);
        Assert.True(fault.IsWrite);
        Assert.Equal(PageSize, descriptor.ZeroPages(fault.Address, PageSize));
        write.Wait();
        Assert.Equal(0, ByteAt(memory.Address + 1));
        descriptor.Unregister(memory.Address, memory.Length);
        Assert.Equal(0, ByteAt(memory.Address + (3 * PageSize)));
    }

    [Fact]
    public void A_write_to_a_protected_page_waits_until_it_is_let_through()
    {
        using var descriptor = Open(UserfaultfdFeatures.PageFaultFlagWriteProtect);
        using var memory = MemoryMapping.Anonymous(2 * PageSize, "test");
        NativeFill.Fill(memory.Address, 1, memory.Length);
        descriptor.Register(memory.Address, memory.Length, UserfaultfdModes.WriteProtect);
        descriptor.WriteProtect(memory.Address, memory.Length, true);
        Assert.Equal(1, ByteAt(memory.Address));
        var write = Task.Run(() => NativeFill.Fill(memory.Address + PageSize, 2, 1));
        var fault = Next(descriptor);
        Assert.Equal(new PageFault(memory.Address + PageSize, true, true, false), fault);
        Assert.Equal(1, ByteAt(memory.Address + PageSize));
        descriptor.WriteProtect(fault.Address, PageSize, false);
        write.Wait();
        Assert.Equal(2, ByteAt(memory.Address + PageSize));
        Assert.False(descriptor.TryRead(out _));
    }

    [Fact]
    public void A_page_that_the_file_has_is_mapped_by_continue()
    {
        using var descriptor = Open(UserfaultfdFeatures.MinorShmem);
        using var file = MemoryFile.Create("test", 2 * PageSize);
        using var mine = MemoryMapping.OfFile(file, 2 * PageSize, true);
        using var other = MemoryMapping.OfFile(file, 2 * PageSize, true);
        NativeFill.Fill(other.Address, 9, 2 * PageSize);
        descriptor.Register(mine.Address, mine.Length, UserfaultfdModes.Minor);
        var read = Task.Run(() => ByteAt(mine.Address + PageSize));
        var fault = Next(descriptor);
        Assert.True(fault.IsMinor);
        Assert.Equal(PageSize, descriptor.Continue(fault.Address, PageSize));
        Assert.Equal(9, read.Result);
        descriptor.Wake(mine.Address, mine.Length);
    }

    [Fact]
    public void Closing_lets_go_of_who_waits()
    {
        using var memory = MemoryMapping.Anonymous(PageSize, "test");
        Task<byte> read;
        using (var descriptor = Open(UserfaultfdFeatures.None))
        {
            descriptor.Register(memory.Address, memory.Length, UserfaultfdModes.Missing);
            read = Task.Run(() => ByteAt(memory.Address));
            Next(descriptor);
        }
        Assert.Equal(0, read.Result);
    }

    [Fact]
    public void A_feature_that_no_kernel_has_is_refused() =>
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => FaultDescriptor.Open((UserfaultfdFeatures)(1UL << 62), true)).ErrorNumber);

    private static FaultDescriptor Open(UserfaultfdFeatures features)
    {
        try
        {
            return FaultDescriptor.Open(features, true);
        }
        catch (LinuxException error)
        {
            Assert.Skip(error.Message);
            throw;
        }
    }

    private static PageFault Next(FaultDescriptor descriptor)
    {
        PageFault fault;
        while (!descriptor.TryRead(out fault))
            Assert.NotEqual(PollEvents.None, Descriptor.Wait(descriptor.Handle, PollEvents.Readable, TimeSpan.FromSeconds(20), "userfaultfd"));
        return fault;
    }

    private static unsafe byte ByteAt(nint address)
    {
        byte value;
        NativeCopy.Copy((nint)(&value), address, 1);
        return value;
    }
}
