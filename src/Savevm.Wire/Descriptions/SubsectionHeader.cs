namespace Savevm.Wire.Descriptions;

/// <summary>The head of a subsection. Its name points into the window that was read.</summary>
public readonly ref struct SubsectionHeader
{
    internal SubsectionHeader(ReadOnlySpan<byte> name, uint version)
    {
        Name = name;
        Version = version;
    }

    /// <summary>Name: that of the structure it belongs to, a slash, and more.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Version of its description.</summary>
    public uint Version { get; }
}
