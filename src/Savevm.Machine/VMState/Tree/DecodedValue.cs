using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Savevm.Machine.VMState.Tree;

/// <summary>
/// The value of a node: one element or an array of equal ones, read from the body when they are asked for. A view that copies
/// nothing.
/// </summary>
public readonly struct DecodedValue
{
    private const int WordBits = 64;

    internal DecodedValue(ValueKind kind, int elementBytes, ReadOnlyMemory<byte> bytes, bool isLittleEndian = false)
    {
        Kind = kind;
        ElementBytes = elementBytes;
        Bytes = bytes;
        IsLittleEndian = isLittleEndian;
    }

    /// <summary>How the bytes are to be read.</summary>
    public ValueKind Kind { get; }

    /// <summary>Bytes of one element.</summary>
    public int ElementBytes { get; }

    /// <summary>
    /// Numbers begin with their lowest byte: registers that a device keeps as the guest sees them, such as PCI configuration space.
    /// </summary>
    public bool IsLittleEndian { get; }

    /// <summary>The bytes of all elements, in the body's memory.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Number of elements; 0 when there are no bytes.</summary>
    public int Count => ElementBytes == 0 ? 0 : Bytes.Length / ElementBytes;

    /// <summary>An element's bits, as a number without sign.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="InvalidOperationException">Elements are not 1, 2, 4 or 8 bytes.</exception>
    public ulong AsUnsigned(int index = 0)
    {
        ReadOnlySpan<byte> element = Element(index);
        return ElementBytes switch
        {
            sizeof(byte) => element[0],
            sizeof(ushort) when IsLittleEndian => BinaryPrimitives.ReadUInt16LittleEndian(element),
            sizeof(uint) when IsLittleEndian => BinaryPrimitives.ReadUInt32LittleEndian(element),
            sizeof(ulong) when IsLittleEndian => BinaryPrimitives.ReadUInt64LittleEndian(element),
            sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(element),
            sizeof(uint) => BinaryPrimitives.ReadUInt32BigEndian(element),
            sizeof(ulong) => BinaryPrimitives.ReadUInt64BigEndian(element),
            _ => throw new InvalidOperationException($"An element of {ElementBytes} bytes is no number."),
        };
    }

    /// <summary>An element, as a number with sign.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="InvalidOperationException">Elements are not 1, 2, 4 or 8 bytes.</exception>
    public long AsSigned(int index = 0)
    {
        int unusedBits = WordBits - (8 * ElementBytes);
        return (long)(AsUnsigned(index) << unusedBits) >> unusedBits;
    }

    /// <summary>An element is not zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public bool IsTrue(int index = 0) => Element(index).IndexOfAnyExcept((byte)0) >= 0;

    /// <summary>An element's bits as an IEEE number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    /// <exception cref="InvalidOperationException">Elements are not of 8 bytes.</exception>
    public double AsReal(int index = 0)
    {
        if (ElementBytes != sizeof(ulong))
            throw new InvalidOperationException($"An element of {ElementBytes} bytes is no number of 64 bits.");
        return BitConverter.UInt64BitsToDouble(AsUnsigned(index));
    }

    /// <summary>A bit of a bitmap.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bitmap has no such bit.</exception>
    public bool Bit(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        int at = (index / WordBits) * sizeof(ulong);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(at, Bytes.Length - sizeof(ulong), nameof(index));
        return (BinaryPrimitives.ReadUInt64BigEndian(Bytes.Span[at..]) >> (index % WordBits) & 1) != 0;
    }

    /// <summary>
    /// An element as a person writes it: numbers without sign in hexadecimal with all their digits, those with sign in decimal,
    /// bytes as hexadecimal pairs.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public string ToText(int index = 0) => Kind switch
    {
        ValueKind.None => "",
        ValueKind.Number when IsNumber => "0x" + AsUnsigned(index).ToString("x" + (2 * ElementBytes), CultureInfo.InvariantCulture),
        ValueKind.SignedNumber or ValueKind.Timer when IsNumber => AsSigned(index).ToString(CultureInfo.InvariantCulture),
        ValueKind.Bool when Element(index) is [> 1] => "0x" + Convert.ToHexStringLower(Element(index)),
        ValueKind.Bool => IsTrue(index) ? "true" : "false",
        ValueKind.Real => AsReal(index).ToString("R", CultureInfo.InvariantCulture),
        ValueKind.NullPointer => "null",
        ValueKind.PointerMark => "present",
        ValueKind.Text => ToName(Bytes.Span),
        _ => Convert.ToHexStringLower(Element(index)),
    };

    private bool IsNumber => ElementBytes is sizeof(byte) or sizeof(ushort) or sizeof(uint) or sizeof(ulong);

    private ReadOnlySpan<byte> Element(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Bytes.Span.Slice(index * ElementBytes, ElementBytes);
    }

    /// <summary>The name behind its length byte. What cannot be printed is shown as a question mark.</summary>
    private static string ToName(ReadOnlySpan<byte> counted)
    {
        var text = new StringBuilder(counted.Length);
        for (int i = 1; i < counted.Length; i++)
            text.Append(counted[i] is >= 0x20 and < 0x7f ? (char)counted[i] : '?');
        return text.ToString();
    }
}
