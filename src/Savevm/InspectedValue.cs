using Savevm.Machine.VMState.Tree;

namespace Savevm;

/// <summary>The value of a field: one element, or an array of them. A view of the section's bytes.</summary>
public readonly struct InspectedValue
{
    private readonly DecodedValue _value;

    internal InspectedValue(DecodedValue value)
    {
        _value = value;
    }

    /// <summary>How the elements are to be read.</summary>
    public InspectedValueKind Kind => _value.Kind switch
    {
        ValueKind.None => InspectedValueKind.None,
        ValueKind.Number when IsNumber => InspectedValueKind.Number,
        ValueKind.SignedNumber or ValueKind.Timer when IsNumber => InspectedValueKind.SignedNumber,
        ValueKind.Bool => InspectedValueKind.Boolean,
        ValueKind.Real => InspectedValueKind.Real,
        ValueKind.NullPointer or ValueKind.PointerMark or ValueKind.Text => InspectedValueKind.Text,
        _ => InspectedValueKind.Bytes,
    };

    /// <summary>Number of elements; raw bytes are one.</summary>
    public int Count => Kind == InspectedValueKind.Bytes ? 1 : _value.Count;

    /// <summary>The bytes of all elements.</summary>
    public ReadOnlyMemory<byte> Bytes => _value.Bytes;

    private bool IsNumber => _value.ElementBytes is 1 or 2 or 4 or 8;

    /// <summary>An element of kind <see cref="InspectedValueKind.Number"/>.</summary>
    public ulong Number(int index) => _value.AsUnsigned(index);

    /// <summary>An element of kind <see cref="InspectedValueKind.SignedNumber"/>.</summary>
    public long SignedNumber(int index) => _value.AsSigned(index);

    /// <summary>An element of kind <see cref="InspectedValueKind.Real"/>.</summary>
    public double Real(int index) => _value.AsReal(index);

    /// <summary>An element of kind <see cref="InspectedValueKind.Boolean"/>.</summary>
    public bool Boolean(int index) => _value.IsTrue(index);

    /// <summary>An element as a person writes it; raw bytes as hexadecimal digits.</summary>
    public string Text(int index) => Kind == InspectedValueKind.Bytes ? Convert.ToHexStringLower(_value.Bytes.Span) : _value.ToText(index);
}
