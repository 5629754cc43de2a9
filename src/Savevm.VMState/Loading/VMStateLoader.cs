using System.Buffers.Binary;
using System.Globalization;
using Savevm.Wire.Descriptions;

namespace Savevm.VMState.Loading;

/// <summary>
/// The bytes of a state that is loaded, with the place where reading has come to. The bytes stay the caller's; spans that are handed out
/// point into them.
/// </summary>
public ref struct VMStateLoader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _offset;
    private readonly ReadOnlySpan<int> _descriptors;
    private int _descriptorsTaken;
    private int _depth;

    /// <summary>Begins to read.</summary>
    /// <param name="bytes">Body of a section, and perhaps what follows it.</param>
    /// <param name="offset">Offset of its first byte, for messages.</param>
    /// <param name="descriptors">The descriptors that came with the bytes, in the order of their marks; they become the device's.</param>
    public VMStateLoader(ReadOnlySpan<byte> bytes, long offset = 0, ReadOnlySpan<int> descriptors = default)
    {
        _bytes = bytes;
        _descriptors = descriptors;
        _offset = offset;
    }

    /// <summary>Bytes that were read.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => _bytes.Length - Position;

    /// <summary>Offset of the next byte.</summary>
    public readonly long Offset => _offset + Position;

    /// <summary>Index of the field of the device itself that is being loaded.</summary>
    internal int OuterField { get; private set; }

    /// <summary>Takes bytes.</summary>
    /// <param name="count">Number of bytes, not negative.</param>
    /// <exception cref="VMStateLoadException">There are not so many.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (!TryTake(count, out ReadOnlySpan<byte> taken))
            throw Error($"{count} bytes", $"{Remaining}, where the section ends");
        return taken;
    }

    /// <summary>Takes bytes if there are so many.</summary>
    /// <param name="count">Number of bytes, not negative.</param>
    /// <param name="taken">The bytes.</param>
    public bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        if ((uint)count > (uint)Remaining)
        {
            taken = default;
            return false;
        }
        taken = _bytes.Slice(Position, count);
        Position += count;
        return true;
    }

    /// <summary>Takes one byte.</summary>
    /// <exception cref="VMStateLoadException">There is none.</exception>
    public byte TakeByte() => Take(1)[0];

    /// <summary>Takes a be16.</summary>
    /// <exception cref="VMStateLoadException">There are fewer than two bytes.</exception>
    public ushort TakeUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    /// <summary>Takes a be32.</summary>
    /// <exception cref="VMStateLoadException">There are fewer than four bytes.</exception>
    public uint TakeUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    /// <summary>Takes a be64.</summary>
    /// <exception cref="VMStateLoadException">There are fewer than eight bytes.</exception>
    public ulong TakeUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    internal int TakeDescriptor()
    {
        if (_descriptorsTaken == _descriptors.Length)
            throw Error(1, "a descriptor beside the bytes", $"{_descriptors.Length} in all");
        return _descriptors[_descriptorsTaken++];
    }

    /// <summary>Makes the error for a field whose bytes are wrong: it is the field that was read last.</summary>
    /// <param name="back">How many bytes behind it the reader stands.</param>
    /// <param name="expected">What should be there, in a sentence fragment.</param>
    /// <param name="found">What is there.</param>
    public readonly VMStateLoadException Error(int back, string expected, string found) => new(Offset - back, expected, found);

    internal readonly VMStateLoadException Error(string expected, string found) => new(Offset, expected, found);

    /// <summary>Takes a count, and refuses one that is negative or larger than there is room.</summary>
    internal readonly int CheckCount(long count, int room, string what = "elements")
    {
        if (count < 0 || count > room)
            throw Error(string.Create(CultureInfo.InvariantCulture, $"at most {room} {what}"), count.ToString(CultureInfo.InvariantCulture));
        return (int)count;
    }

    internal SubsectionLookAhead LookAhead(ReadOnlySpan<byte> parentName, out SubsectionHeader header, out int consumed) =>
        SubsectionReader.LookAhead(_bytes[Position..], parentName, endOfInput: true, out header, out consumed);

    internal void Skip(int count) => Position += count;

    internal void Enter()
    {
        if (++_depth > VMStateLimits.MaxDepth)
            throw Error($"at most {VMStateLimits.MaxDepth} nested structures", "one more");
    }

    internal void Leave() => _depth--;

    /// <summary>Another device begins.</summary>
    internal void Begin() => OuterField = 0;

    /// <summary>Notes which field of the device itself is being loaded; what is nested in it notes nothing.</summary>
    internal void Reached(int field)
    {
        if (_depth == 1)
            OuterField = field;
    }
}
