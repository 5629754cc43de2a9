namespace Savevm.VMState.Attributes;

/// <summary>When a timer fires, in nanoseconds, -1 when it is not armed: a <see cref="long"/>, or an array of them.</summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class VMStateTimerAttribute : VMStateMemberAttribute
{
    /// <summary>One timer.</summary>
    public VMStateTimerAttribute()
    {
    }

    /// <summary>An array of timers.</summary>
    /// <param name="count">Number of timers; the array may be longer.</param>
    public VMStateTimerAttribute(int count) => Count = count;

    /// <summary>Number of timers of an array.</summary>
    public int Count { get; }
}
