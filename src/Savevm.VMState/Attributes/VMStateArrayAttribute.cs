namespace Savevm.VMState.Attributes;

/// <summary>An array of values or of structures, or of two dimensions row after row: of a fixed number of elements, or of as many as an earlier field tells.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateArrayAttribute : VMStateMemberAttribute
{
    /// <summary>An array of as many elements as <see cref="CountField"/> tells.</summary>
    public VMStateArrayAttribute()
    {
    }

    /// <summary>An array of a fixed number of elements.</summary>
    /// <param name="count">Number of elements; the array may be longer.</param>
    public VMStateArrayAttribute(int count) => Count = count;

    /// <summary>Fixed number of elements.</summary>
    public int Count { get; }

    /// <summary>Name of the earlier member that holds the number of elements.</summary>
    public string? CountField { get; set; }

    /// <summary>Elements may be null: one byte says so, and the device that is loaded must have null in the same places.</summary>
    public bool Pointers { get; set; }

    /// <summary>
    /// Elements may be null, and one byte before each says which are; those that are there are made when a state is loaded. QEMU has
    /// such arrays since 11.1.
    /// </summary>
    public bool AllocatesElements { get; set; }

    /// <summary>Index of the first element that is saved; those before it are left alone.</summary>
    public int Start { get; set; }

    /// <summary>Most elements of an array that is made when a state is loaded; 0 for one that is there. Only with <see cref="CountField"/>.</summary>
    public int Limit { get; set; }

    /// <summary>Name of a static member of the device that holds the description of an element.</summary>
    public string? Description { get; set; }
}
