namespace Savevm.VMState.Attributes;

/// <summary>Bytes as they are, in an array of bytes.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateBufferAttribute : VMStateMemberAttribute
{
    /// <summary>As many bytes as <see cref="CountField"/> tells.</summary>
    public VMStateBufferAttribute()
    {
    }

    /// <summary>A fixed number of bytes.</summary>
    /// <param name="count">Number of bytes; the array may be longer.</param>
    public VMStateBufferAttribute(int count) => Count = count;

    /// <summary>Fixed number of bytes.</summary>
    public int Count { get; }

    /// <summary>Name of the earlier member that holds the number of bytes.</summary>
    public string? CountField { get; set; }

    /// <summary>Bytes for each one of <see cref="CountField"/>.</summary>
    public int Factor { get; set; } = 1;

    /// <summary>Index of the first byte that is saved; those before it are left alone.</summary>
    public int Start { get; set; }

    /// <summary>Most bytes of an array that is made when a state is loaded; 0 for one that is there. Only with <see cref="CountField"/>.</summary>
    public int Limit { get; set; }
}
