namespace Savevm.VMState.Comparing;

/// <summary>How a description differs from an older one.</summary>
public enum DescriptionChange
{
    /// <summary>The description has another name: a subsection of it is looked for under its name.</summary>
    Renamed,

    /// <summary>The version is lower than it was: what the older one saves is refused.</summary>
    VersionLowered,

    /// <summary>The oldest version that is loaded is above the one that the older description saves.</summary>
    VersionRefused,

    /// <summary>A field that was not there.</summary>
    Added,

    /// <summary>A field that is there no more.</summary>
    Removed,

    /// <summary>A field of another number of bytes.</summary>
    Resized,

    /// <summary>An array of another number of elements.</summary>
    Recounted,

    /// <summary>A field that is there from another version on.</summary>
    Reversioned,

    /// <summary>A field that a test decides on and none did, or the other way round.</summary>
    Reconditioned,

    /// <summary>A field that is a structure and was a value, or the other way round; or a value of another kind.</summary>
    Retyped,

    /// <summary>A subsection that was not there: an older loader refuses a state that needs it.</summary>
    SubsectionAdded,

    /// <summary>A subsection that is there no more: a state that has it is refused.</summary>
    SubsectionRemoved,
}
