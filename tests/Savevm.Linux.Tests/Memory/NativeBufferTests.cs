using CsCheck;
using Savevm.Linux.Memory;

namespace Savevm.Linux.Tests.Memory;

public sealed class NativeBufferTests
{
    [Theory]
    [InlineData(1, 4096)]
    [InlineData(1 << 20, 4096)]
    [InlineData(100, 64)]
    [InlineData(3 << 20, 2 << 20)]
    public void Memory_is_aligned_and_can_be_written_to_its_end(int length, int alignment)
    {
        using var buffer = new NativeBuffer(length, alignment);
        Assert.Equal(0, buffer.Address % alignment);
        buffer.Span.Fill(0xa5);
        Assert.Equal(0xa5, buffer.Slice(length - 1, 1)[0]);
        buffer.Clear();
        Assert.False(buffer.Span.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Parts_outside_are_refused()
    {
        using var buffer = new NativeBuffer(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(100, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(nint.MaxValue, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(0, -1).Length);
        Assert.Equal(0, buffer.Slice(100, 0).Length);
    }

    [Fact]
    public void Nothing_can_be_reached_after_disposing()
    {
        var buffer = new NativeBuffer(100);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Address);
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
    }

    [Fact]
    public void Copy_is_the_managed_copy()
    {
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Int[0, 100]).Sample((bytes, offset) =>
        {
            using var source = new NativeBuffer(bytes.Length + 1);
            using var target = new NativeBuffer(bytes.Length + 101);
            bytes.CopyTo(source.Span);
            target.Span.Fill(7);
            NativeCopy.Copy(target.Address + offset, source.Address, bytes.Length);
            var expected = new byte[bytes.Length + 101];
            Array.Fill(expected, (byte)7);
            bytes.CopyTo(expected, offset);
            return target.Span.SequenceEqual(expected);
        }, iter: 200, threads: 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => NativeCopy.Copy(0, 0, -1));
    }
}
