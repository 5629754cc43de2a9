using Savevm.Wire.Descriptions;

namespace Savevm.Machine.VMState.Decoding;

/// <summary>
/// Consecutive entries of a description that are one array. QEMU writes an array as one entry with a length, as one entry for
/// each element, or as runs of both; some releases number the elements and some do not.
/// </summary>
/// <param name="First">Number of its first entry.</param>
/// <param name="Count">Number of its entries.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="IsArray">False: one field by itself.</param>
internal readonly record struct ArrayRun(int First, int Count, int Bytes, bool IsArray)
{
    /// <summary>The run that begins at an entry.</summary>
    internal static ArrayRun At(List<DescribedField> fields, int first)
    {
        DescribedField head = fields[first];
        long bytes = head.TotalBytes;
        int next = first + 1;
        // A number that does not go on is another array with the same name.
        while (next < fields.Count && fields[next].NameUtf8.SequenceEqual(head.NameUtf8) && fields[next].Index is not 0)
        {
            bytes += fields[next].TotalBytes;
            next++;
        }
        // The sum of a section is below 2^28.
        return new ArrayRun(first, next - first, (int)bytes, next - first > 1 || head.ArrayLength is not null || head.Index is not null);
    }

    /// <summary>The array is of plain values of one kind and size: one node can hold them all.</summary>
    internal bool IsUniform(List<DescribedField> fields)
    {
        DescribedField head = fields[First];
        for (int i = First; i < First + Count; i++)
        {
            DescribedField field = fields[i];
            if (field.IsNullPointer || field.Size != head.Size || !field.TypeUtf8.SequenceEqual(head.TypeUtf8))
                return false;
        }
        return true;
    }
}
