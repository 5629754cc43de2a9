using System.Numerics;
using System.Runtime.InteropServices;

namespace Savevm.Samples.KeyValue.Store;

/// <summary>A key and its value, as they lie in the store's memory.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct Slot
{
    /// <summary>Bytes of a slot.</summary>
    public const int Bytes = 128;

    /// <summary>Bytes that a key and its value have together.</summary>
    public const int ContentBytes = Bytes - 16;

    private long number;
    private uint check;
    private ushort keyLength, valueLength;
    private fixed byte content[ContentBytes];

    /// <summary>Nothing is in it.</summary>
    public readonly bool IsFree => number == 0;

    /// <summary>Number of the write that made it what it is.</summary>
    public readonly long Number => number;

    /// <summary>The key. The slot lies in native memory, which does not move.</summary>
    public ReadOnlySpan<byte> Key => MemoryMarshal.CreateReadOnlySpan(ref content[0], Math.Min(keyLength, (ushort)ContentBytes));

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value => MemoryMarshal.CreateReadOnlySpan(ref content[0], ContentBytes).Slice(Key.Length, Math.Min(valueLength, ContentBytes - Key.Length));

    /// <summary>It is what one write made it.</summary>
    public bool IsWhole => check == Check();

    /// <summary>A hash of a key that is the same in every process.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> key)
    {
        var hash = 14695981039346656037UL;
        foreach (var each in key) hash = (hash ^ each) * 1099511628211UL;
        // So that the upper bits, which choose the part, depend on all of them.
        return (hash ^ (hash >> 29)) * 0x9e3779b97f4a7c15UL;
    }

    /// <summary>Fills it.</summary>
    /// <exception cref="ArgumentException">Key and value are too long.</exception>
    public void Set(long newNumber, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length + value.Length > ContentBytes) throw new ArgumentException($"a key and its value have {ContentBytes} bytes at most");
        var bytes = MemoryMarshal.CreateSpan(ref content[0], ContentBytes);
        if (IsFree) key.CopyTo(bytes);
        value.CopyTo(bytes[key.Length..]);
        (number, keyLength, valueLength) = (newNumber, (ushort)key.Length, (ushort)value.Length);
        check = Check();
    }

    private uint Check()
    {
        var sum = BitOperations.Crc32C(BitOperations.Crc32C(0, (ulong)number), ((uint)keyLength << 16) | valueLength);
        foreach (var each in Key) sum = BitOperations.Crc32C(sum, each);
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(Value)) sum = BitOperations.Crc32C(sum, word);
        return sum;
    }
}
