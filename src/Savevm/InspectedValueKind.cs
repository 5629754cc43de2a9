namespace Savevm;

/// <summary>How a value is to be read.</summary>
public enum InspectedValueKind
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A number without sign.</summary>
    Number,

    /// <summary>A number with sign.</summary>
    SignedNumber,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A floating-point number.</summary>
    Real,

    /// <summary>A word, such as a capability's name or <c>null</c> for a null pointer.</summary>
    Text,

    /// <summary>Raw bytes.</summary>
    Bytes,
}
