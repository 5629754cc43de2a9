namespace Savevm.VMState.Attributes;

/// <summary>A method that is called before or behind saving or loading.</summary>
public abstract class VMStateHookAttribute : Attribute
{
    private protected VMStateHookAttribute()
    {
    }

    /// <summary>Name of the subsection around which it is called; null for the device itself.</summary>
    public string? Subsection { get; set; }
}
