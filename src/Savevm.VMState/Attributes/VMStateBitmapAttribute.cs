namespace Savevm.VMState.Attributes;

/// <summary>Bits in an array of <see cref="ulong"/>: bit n is bit n mod 64 of word n / 64.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
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

    /// <summary>Most bits of an array that is made when a state is loaded; 0 for one that is there. Only with <see cref="CountField"/>.</summary>
    public int Limit { get; set; }
}
