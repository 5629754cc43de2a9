namespace Savevm.Migration.Core;

/// <summary>Which side has the machine, and may let it run.</summary>
public enum Authority
{
    /// <summary>The side that it comes from.</summary>
    Source,

    /// <summary>The side that it goes to.</summary>
    Destination,
}
