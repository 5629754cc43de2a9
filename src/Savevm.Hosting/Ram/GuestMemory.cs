using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Savevm.Linux.Memory;

namespace Savevm.Hosting.Ram;

/// <summary>
/// How managed code reads and writes a RAM block. Each access is one native call, so that a page fault that somebody must serve never
/// holds up the garbage collector, and each is checked against the block's used length. Any thread may call; nothing is allocated.
/// Two threads at the same bytes get what the processor makes of it, as two processors of a guest would.
/// </summary>
public sealed unsafe class GuestMemory
{
    private readonly HostedRamBlock block;

    internal GuestMemory(HostedRamBlock block) => this.block = block;

    /// <summary>Bytes that can be reached.</summary>
    public long Length => block.UsedLength;

    /// <summary>Copies bytes out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not all inside the block; as in every method here.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        fixed (byte* to = destination) NativeCopy.Copy((nint)to, At(offset, destination.Length), destination.Length);
    }

    /// <summary>Copies bytes in.</summary>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        var to = At(offset, source.Length);
        fixed (byte* from = source) NativeCopy.Copy(to, (nint)from, source.Length);
        block.NoteWrite(offset, source.Length);
    }

    /// <summary>Sets bytes to one value.</summary>
    public void Fill(long offset, byte value, long length)
    {
        NativeFill.Fill(At(offset, length), value, (nint)length);
        block.NoteWrite(offset, length);
    }

    /// <summary>Whether bytes are all zero. Reads no further than to the first that is not.</summary>
    public bool IsZero(long offset, long length)
    {
        var address = At(offset, length);
        byte first = 0;
        if (length == 0) return true;
        NativeCopy.Copy((nint)(&first), address, 1);
        // If the first is zero, and each is like the one before it, then all are.
        return first == 0 && NativeCompare.AreEqual(address, address + 1, (nint)length - 1);
    }

    /// <summary>A byte.</summary>
    public byte ReadByte(long offset) => Get<byte>(offset);

    /// <summary>Two bytes, the lowest first.</summary>
    public ushort ReadUInt16(long offset) => Ordered(Get<ushort>(offset));

    /// <summary>Four bytes, the lowest first.</summary>
    public uint ReadUInt32(long offset) => Ordered(Get<uint>(offset));

    /// <summary>Eight bytes, the lowest first.</summary>
    public ulong ReadUInt64(long offset) => Ordered(Get<ulong>(offset));

    /// <summary>A byte.</summary>
    public void WriteByte(long offset, byte value) => Put(offset, value);

    /// <summary>Two bytes, the lowest first.</summary>
    public void WriteUInt16(long offset, ushort value) => Put(offset, Ordered(value));

    /// <summary>Four bytes, the lowest first.</summary>
    public void WriteUInt32(long offset, uint value) => Put(offset, Ordered(value));

    /// <summary>Eight bytes, the lowest first.</summary>
    public void WriteUInt64(long offset, ulong value) => Put(offset, Ordered(value));

    private static ushort Ordered(ushort value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static uint Ordered(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static ulong Ordered(ulong value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private T Get<T>(long offset) where T : unmanaged
    {
        T value;
        NativeCopy.Copy((nint)(&value), At(offset, sizeof(T)), sizeof(T));
        return value;
    }

    private void Put<T>(long offset, T value) where T : unmanaged
    {
        NativeCopy.Copy(At(offset, sizeof(T)), (nint)(&value), sizeof(T));
        block.NoteWrite(offset, sizeof(T));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint At(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, block.UsedLength - offset);
        return block.Address + (nint)offset;
    }
}
