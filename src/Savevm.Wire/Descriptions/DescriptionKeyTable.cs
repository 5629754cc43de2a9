namespace Savevm.Wire.Descriptions;

/// <summary>How the keys of a description are spelled. No two have the same length and the same first letter.</summary>
internal static class DescriptionKeyTable
{
    /// <summary>The key of this name; <see cref="DescriptionKey.Other"/> for a name that says nothing to us.</summary>
    internal static DescriptionKey Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return DescriptionKey.Other;
        (DescriptionKey key, ReadOnlySpan<byte> spelling) = Candidate(name.Length, name[0]);
        return name.SequenceEqual(spelling) ? key : DescriptionKey.Other;
    }

    private static Row Candidate(int length, byte first) => (length, first) switch
    {
        (4, (byte)'n') => new Row(DescriptionKey.Name, "name"u8),
        (4, (byte)'t') => new Row(DescriptionKey.Type, "type"u8),
        (4, (byte)'s') => new Row(DescriptionKey.Size, "size"u8),
        (5, (byte)'i') => new Row(DescriptionKey.Index, "index"u8),
        (6, (byte)'f') => new Row(DescriptionKey.Fields, "fields"u8),
        (6, (byte)'s') => new Row(DescriptionKey.Struct, "struct"u8),
        (7, (byte)'v') => new Row(DescriptionKey.Version, "version"u8),
        (7, (byte)'d') => new Row(DescriptionKey.Devices, "devices"u8),
        (9, (byte)'v') => new Row(DescriptionKey.VmsdName, "vmsd_name"u8),
        (9, (byte)'a') => new Row(DescriptionKey.ArrayLen, "array_len"u8),
        (9, (byte)'p') => new Row(DescriptionKey.PageSize, "page_size"u8),
        (11, (byte)'i') => new Row(DescriptionKey.InstanceId, "instance_id"u8),
        (11, (byte)'s') => new Row(DescriptionKey.Subsections, "subsections"u8),
        (13, (byte)'c') => new Row(DescriptionKey.Configuration, "configuration"u8),
        _ => default,
    };

    private readonly ref struct Row(DescriptionKey key, ReadOnlySpan<byte> spelling)
    {
        private readonly DescriptionKey _key = key;
        private readonly ReadOnlySpan<byte> _spelling = spelling;

        internal void Deconstruct(out DescriptionKey key, out ReadOnlySpan<byte> spelling)
        {
            key = _key;
            spelling = _spelling;
        }
    }
}
