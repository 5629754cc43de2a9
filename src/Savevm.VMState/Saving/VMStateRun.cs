using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Savevm.VMState.Saving;

/// <summary>
/// What generated code calls to write and read fields whose place in a run of bytes is known when it is compiled. Nothing is checked here:
/// generated code has made sure of the whole run before. Not for code that a person writes.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class VMStateRun
{
    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, byte value) => Unsafe.Add(ref run, at) = value;

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out byte value) => value = Unsafe.Add(ref run, at);

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, sbyte value) => Unsafe.Add(ref run, at) = (byte)value;

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out sbyte value) => value = (sbyte)Unsafe.Add(ref run, at);

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, ushort value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out ushort value)
    {
        ushort read = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref run, at));
        value = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(read) : read;
    }

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, short value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out short value)
    {
        short read = Unsafe.ReadUnaligned<short>(ref Unsafe.Add(ref run, at));
        value = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(read) : read;
    }

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, uint value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out uint value)
    {
        uint read = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref run, at));
        value = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(read) : read;
    }

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, int value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out int value)
    {
        int read = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref run, at));
        value = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(read) : read;
    }

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, ulong value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out ulong value)
    {
        ulong read = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref run, at));
        value = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(read) : read;
    }

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, long value) =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value);

    /// <summary>Reads a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out long value)
    {
        long read = Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref run, at));
        value = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(read) : read;
    }

    /// <summary>Writes a truth value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, bool value) => Unsafe.Add(ref run, at) = value ? (byte)1 : (byte)0;

    /// <summary>Reads a truth value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out bool value) => value = Unsafe.Add(ref run, at) != 0;

    /// <summary>Writes the bits of a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, double value) => Write(ref run, at, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Reads the bits of a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out double value)
    {
        Read(ref run, at, out long bits);
        value = BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteBytes(ref byte run, int at, byte[] values, int count) =>
        values.AsSpan(0, count).CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count));

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadBytes(ref byte run, int at, byte[] values, int count) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count).CopyTo(values);

    /// <summary>Clears bytes that have no meaning.</summary>
    public static void Clear(ref byte run, int at, int count) => MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count).Clear();

    /// <summary>The array has so many elements.</summary>
    public static bool Fits<T>(T[]? values, int count) => values is not null && values.Length >= count;

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll(ref byte run, int at, ushort[] values, int count)
    {
        Span<ushort> target = MemoryMarshal.Cast<byte, ushort>(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * sizeof(ushort)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values.AsSpan(0, count), target);
        else
            values.AsSpan(0, count).CopyTo(target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll(ref byte run, int at, ushort[] values, int count)
    {
        ReadOnlySpan<ushort> source =
            MemoryMarshal.Cast<byte, ushort>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * sizeof(ushort)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, values.AsSpan(0, count));
        else
            source.CopyTo(values);
    }

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll(ref byte run, int at, short[] values, int count)
    {
        Span<short> target = MemoryMarshal.Cast<byte, short>(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * sizeof(short)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values.AsSpan(0, count), target);
        else
            values.AsSpan(0, count).CopyTo(target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll(ref byte run, int at, short[] values, int count)
    {
        ReadOnlySpan<short> source =
            MemoryMarshal.Cast<byte, short>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * sizeof(short)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, values.AsSpan(0, count));
        else
            source.CopyTo(values);
    }

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll(ref byte run, int at, uint[] values, int count)
    {
        Span<uint> target = MemoryMarshal.Cast<byte, uint>(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * sizeof(uint)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values.AsSpan(0, count), target);
        else
            values.AsSpan(0, count).CopyTo(target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll(ref byte run, int at, uint[] values, int count)
    {
        ReadOnlySpan<uint> source =
            MemoryMarshal.Cast<byte, uint>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * sizeof(uint)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, values.AsSpan(0, count));
        else
            source.CopyTo(values);
    }

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll(ref byte run, int at, int[] values, int count)
    {
        Span<int> target = MemoryMarshal.Cast<byte, int>(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * sizeof(int)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values.AsSpan(0, count), target);
        else
            values.AsSpan(0, count).CopyTo(target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll(ref byte run, int at, int[] values, int count)
    {
        ReadOnlySpan<int> source =
            MemoryMarshal.Cast<byte, int>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * sizeof(int)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, values.AsSpan(0, count));
        else
            source.CopyTo(values);
    }

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll(ref byte run, int at, ulong[] values, int count)
    {
        Span<ulong> target = MemoryMarshal.Cast<byte, ulong>(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * sizeof(ulong)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values.AsSpan(0, count), target);
        else
            values.AsSpan(0, count).CopyTo(target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll(ref byte run, int at, ulong[] values, int count)
    {
        ReadOnlySpan<ulong> source =
            MemoryMarshal.Cast<byte, ulong>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * sizeof(ulong)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, values.AsSpan(0, count));
        else
            source.CopyTo(values);
    }

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll(ref byte run, int at, long[] values, int count)
    {
        Span<long> target = MemoryMarshal.Cast<byte, long>(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * sizeof(long)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(values.AsSpan(0, count), target);
        else
            values.AsSpan(0, count).CopyTo(target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll(ref byte run, int at, long[] values, int count)
    {
        ReadOnlySpan<long> source =
            MemoryMarshal.Cast<byte, long>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * sizeof(long)));
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(source, values.AsSpan(0, count));
        else
            source.CopyTo(values);
    }
}
