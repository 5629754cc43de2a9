using Savevm.Linux.Memory;

namespace Savevm.Linux.Tests.Memory;

public sealed class MemoryMappingTests
{
    private static readonly int PageSize = Environment.SystemPageSize;

    [Fact]
    public void Lengths_are_rounded_up_to_pages_and_the_memory_is_zero()
    {
        using var memory = MemoryMapping.Anonymous(PageSize + 1, "test");
        Assert.Equal(2 * PageSize, memory.Length);
        Assert.Equal(0, memory.Address % PageSize);
        Assert.True(NativeCompare.AreEqual(memory.Address, memory.Address + 1, memory.Length - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryMapping.Anonymous(0, "test"));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Advise(MemoryAdvice.DontNeed, PageSize, 2 * PageSize));
    }

    [Fact]
    public void Advice_gives_pages_back_and_makes_holes()
    {
        using var memory = MemoryMapping.Anonymous(2 * PageSize, "test");
        NativeFill.Fill(memory.Address, 1, memory.Length);
        memory.Advise(MemoryAdvice.DontNeed, 0, PageSize);
        Assert.True(NativeCompare.AreEqual(memory.Address, memory.Address + 1, PageSize - 1));
        Assert.False(NativeCompare.AreEqual(memory.Address, memory.Address + PageSize, PageSize));
        using var file = MemoryFile.Create("test", 2 * PageSize);
        using var shared = MemoryMapping.OfFile(file, 2 * PageSize, true);
        NativeFill.Fill(shared.Address, 1, shared.Length);
        shared.Advise(MemoryAdvice.Remove, PageSize, PageSize);
        var bytes = new byte[2 * PageSize];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        Assert.Equal(PageSize, bytes.AsSpan().IndexOf((byte)0));
        // Private memory has no file to make a hole in.
        Assert.False(memory.TryAdvise(MemoryAdvice.Remove, 0, PageSize));
    }

    [Fact]
    public void Private_mappings_leave_the_file_alone()
    {
        using var file = MemoryFile.Create("test", PageSize);
        using var kept = MemoryMapping.OfFile(file, PageSize, false);
        NativeFill.Fill(kept.Address, 1, PageSize);
        var bytes = new byte[1];
        file.Read(bytes, 0);
        Assert.Equal(0, bytes[0]);
        Assert.Throws<ObjectDisposedException>(() =>
        {
            kept.Dispose();
            return kept.Address;
        });
    }
}
