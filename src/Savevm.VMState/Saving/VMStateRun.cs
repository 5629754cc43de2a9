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
    /// <summary>Writes an integer, an enumeration or the bits of a double. Which width it is, is known when it is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(ref byte run, int at, T value)
        where T : unmanaged =>
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref run, at), Turned(value));

    /// <summary>Reads an integer, an enumeration or the bits of a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read<T>(ref byte run, int at, out T value)
        where T : unmanaged =>
        value = Turned(Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref run, at)));

    /// <summary>Writes a truth value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte run, int at, bool value) => Unsafe.Add(ref run, at) = value ? (byte)1 : (byte)0;

    /// <summary>Reads a truth value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte run, int at, out bool value) => value = Unsafe.Add(ref run, at) != 0;

    /// <summary>Writes the first values of an array that is long enough.</summary>
    public static void WriteAll<T>(ref byte run, int at, T[] values, int count)
        where T : unmanaged
    {
        Span<byte> target = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count * Unsafe.SizeOf<T>());
        Turn<T>(MemoryMarshal.AsBytes(values.AsSpan(0, count)), target);
    }

    /// <summary>Reads the first values of an array that is long enough.</summary>
    public static void ReadAll<T>(ref byte run, int at, T[] values, int count)
        where T : unmanaged
    {
        ReadOnlySpan<byte> source = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref run, at), count * Unsafe.SizeOf<T>());
        Turn<T>(source, MemoryMarshal.AsBytes(values.AsSpan(0, count)));
    }

    /// <summary>Clears bytes that have no meaning.</summary>
    public static void Clear(ref byte run, int at, int count) => MemoryMarshal.CreateSpan(ref Unsafe.Add(ref run, at), count).Clear();

    /// <summary>The array has so many elements.</summary>
    public static bool Fits<T>(T[]? values, int count) => values is not null && values.Length >= count;

    /// <summary>The elements from one on; none where there are fewer.</summary>
    public static Span<T> From<T>(T[]? values, int start) => values is null || values.Length < start ? [] : values.AsSpan(start);

    /// <summary>The elements of an array of two dimensions, row after row.</summary>
    public static Span<T> Flat<T>(T[,]? values) => values is null or { Length: 0 } ? [] : MemoryMarshal.CreateSpan(ref values[0, 0], values.Length);

    /// <summary>An array of new elements.</summary>
    public static T[] Made<T>(int count)
        where T : new()
    {
        var made = new T[count];
        // Values are what they are when they are zeros.
        for (int i = 0; !typeof(T).IsValueType && i < count; i++)
            made[i] = new T();
        return made;
    }

    // Between the order of bytes of this machine and that of the wire; a value of one byte has none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Turned<T>(T value)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian || Unsafe.SizeOf<T>() == sizeof(byte))
            return value;
        if (Unsafe.SizeOf<T>() == sizeof(ushort))
            return Unsafe.BitCast<ushort, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ushort>(value)));
        if (Unsafe.SizeOf<T>() == sizeof(uint))
            return Unsafe.BitCast<uint, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, uint>(value)));
        return Unsafe.BitCast<ulong, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ulong>(value)));
    }

    private static void Turn<T>(ReadOnlySpan<byte> source, Span<byte> target)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian || Unsafe.SizeOf<T>() == sizeof(byte))
            source.CopyTo(target);
        else if (Unsafe.SizeOf<T>() == sizeof(ushort))
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(target));
        else if (Unsafe.SizeOf<T>() == sizeof(uint))
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(target));
        else
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(target));
    }
}
