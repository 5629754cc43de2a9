namespace Savevm.Wire.Descriptions;

/// <summary>
/// Compares a section's body with its description as far as bytes can contradict it: the length, the head of every
/// subsection, the marks of pointers, and those between the elements of containers.
/// </summary>
public static class DescribedBody
{
    private const byte AnotherElement = 0x01;
    private const byte NullPointer = (byte)'0';
    private const byte PresentPointer = (byte)'1';

    /// <summary>Walks a device's description over its body.</summary>
    /// <param name="device">The description.</param>
    /// <param name="body">The body.</param>
    /// <param name="offset">Offset of the body in the stream.</param>
    /// <exception cref="WireException">A byte that the description says is another.</exception>
    public static void Check(DescribedDevice device, ReadOnlySpan<byte> body, long offset)
    {
        if (body.Length != device.BodyBytes)
            throw new WireException(offset, $"body of {body.Length} bytes, the description of '{device.IdStr}' says {device.BodyBytes}");
        CheckStruct(device.Body, body, offset);
    }

    private static void CheckStruct(DescribedStruct structure, ReadOnlySpan<byte> body, long offset)
    {
        if (structure.IsSubsection && structure.BodyOffset is { } at)
            CheckHead(structure, body, offset, at);
        foreach (DescribedField field in structure.Fields)
            CheckField(field, body, offset);
        foreach (DescribedStruct subsection in structure.Subsections)
            CheckStruct(subsection, body, offset);
    }

    private static void CheckHead(DescribedStruct subsection, ReadOnlySpan<byte> body, long offset, int at)
    {
        SubsectionLookAhead found = SubsectionReader.LookAhead(
            body[at..], subsection.VmsdNameUtf8[..^1], endOfInput: true, out SubsectionHeader header, out _);
        if (found != SubsectionLookAhead.Found || !header.Name.SequenceEqual(subsection.VmsdNameUtf8))
            throw new WireException(offset + at, $"no subsection '{subsection.VmsdName}', which the description says begins here");
        if (header.Version != subsection.Version)
        {
            throw new WireException(
                offset + at, $"version {header.Version} of subsection '{subsection.VmsdName}', the description says {subsection.Version}");
        }
    }

    /// <summary>
    /// Of an array that is described once the first element is compared: such elements have no subsections, and the work stays in
    /// proportion to the text, whatever number of elements it claims.
    /// </summary>
    private static void CheckField(DescribedField field, ReadOnlySpan<byte> body, long offset)
    {
        // What is nested in an array of no elements is nowhere.
        if (field.BodyOffset is not { } at || field.TotalBytes == 0)
            return;
        if (field.IsNullPointer)
        {
            int bad = body.Slice(at, (int)field.TotalBytes).IndexOfAnyExcept(NullPointer);
            if (bad >= 0)
                throw new WireException(offset + at + bad, $"byte 0x{body[at + bad]:x2} where '{field.Name}' has a null pointer");
            return;
        }
        if (field.TypeUtf8.SequenceEqual("ptr-marker"u8))
        {
            int bad = body.Slice(at, (int)field.TotalBytes).IndexOfAnyExceptInRange(NullPointer, PresentPointer);
            if (bad >= 0)
                throw new WireException(offset + at + bad, $"byte 0x{body[at + bad]:x2} where '{field.Name}' has the mark of a pointer");
            return;
        }
        bool isContainer = field.TypeUtf8.SequenceEqual("qtailq"u8) || field.TypeUtf8.SequenceEqual("qlist"u8);
        foreach (DescribedStruct structure in field.Structs)
        {
            if (structure.BodyOffset is not { } start)
                return;
            if (isContainer && body[start - 1] != AnotherElement)
                throw new WireException(offset + start - 1, $"no mark before an element of '{field.Name}'");
            CheckStruct(structure, body, offset);
        }
        if (isContainer && body[at + field.Size - 1] != 0)
            throw new WireException(offset + at + field.Size - 1, $"no end mark behind '{field.Name}'");
    }
}
