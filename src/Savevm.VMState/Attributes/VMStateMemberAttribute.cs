namespace Savevm.VMState.Attributes;

/// <summary>What every field of a saved state can say. Fields are saved in the order in which the source declares them.</summary>
public abstract class VMStateMemberAttribute : Attribute
{
    private protected VMStateMemberAttribute()
    {
    }

    /// <summary>Name in the description; that of the member where it is not given.</summary>
    public string? Name { get; set; }

    /// <summary>First version of the description that has the field.</summary>
    public uint Since { get; set; }

    /// <summary>
    /// Name of a method of the device that decides whether the field is there: <c>bool M()</c> or <c>bool M(uint version)</c>. The version
    /// alone does not decide then.
    /// </summary>
    public string? When { get; set; }

    /// <summary>Name of the subsection that the field belongs to; null for one of the device itself.</summary>
    public string? Subsection { get; set; }
}
