namespace Savevm.Wire.Descriptions;

/// <summary>What follows the last field of a structure.</summary>
public enum SubsectionLookAhead
{
    /// <summary>The window is too short to tell.</summary>
    NeedsMore,

    /// <summary>No subsection of this structure: go on with what encloses it.</summary>
    None,

    /// <summary>A subsection of this structure.</summary>
    Found,
}
