namespace Savevm.Machine.VMState.Catalogue;

/// <summary>How a field of a catalogue finds its end.</summary>
internal enum CatalogueFieldKind
{
    /// <summary>Values: as many bytes as where the description came from.</summary>
    Values,

    /// <summary>A structure: fields, then the subsections that are there.</summary>
    Struct,

    /// <summary>Elements, each a field of its own.</summary>
    Array,

    /// <summary>Elements behind marks.</summary>
    Queue,

    /// <summary>A count and elements behind marks.</summary>
    Tree,

    /// <summary>Bytes behind their length.</summary>
    CountedBytes,

    /// <summary>A name behind its length.</summary>
    Name,

    /// <summary>A null pointer.</summary>
    Null,

    /// <summary>What hand-made code wrote.</summary>
    Opaque,
}
