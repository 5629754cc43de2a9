namespace Savevm.VMState.Attributes;

/// <summary>Bits in an array of <see cref="ulong"/>: bit n is bit n mod 64 of word n / 64.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class VMStateBitmapAttribute : VMStateMemberAttribute
{
    /// <summary>As many bits as <see cref="CountField"/> tells.</summary>
    public VMStateBitmapAttribute()
    {
    }

    /// <summary>A fixed number of bits.</summary>
    /// <param name="count">Number of bits.</param>
    public VMStateBitmapAttribute(int count) => Count = count;

    /// <summary>Fixed number of bits.</summary>
    public int Count { get; }

    /// <summary>Name of the earlier member that holds the number of bits.</summary>
    public string? CountField { get; set; }
}
