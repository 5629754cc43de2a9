namespace Savevm.Wire.Dialects;

/// <summary>Who has to have a capability on.</summary>
public enum CapabilitySides
{
    /// <summary>Nobody depends on the other.</summary>
    Either,

    /// <summary>The source alone; every destination understands what it sends.</summary>
    Source,

    /// <summary>The destination alone.</summary>
    Destination,

    /// <summary>Both, or the destination fails.</summary>
    Both,
}
