namespace Savevm.VMState.Attributes;

/// <summary>Bytes as they are, in an array of bytes.</summary>
[AttributeUsage(AttributeTargets.Field)]
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
}
