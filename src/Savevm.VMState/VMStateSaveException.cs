namespace Savevm.VMState;

/// <summary>A device cannot be saved: a hook refused, its arrays do not fit its counts, or it is of a kind that is never saved.</summary>
/// <param name="device">Name of the device or description.</param>
/// <param name="reason">Why, in a sentence fragment.</param>
public sealed class VMStateSaveException(string device, string reason) : Exception($"device '{device}' cannot be saved: {reason}")
{
    /// <summary>Name of the device or description.</summary>
    public string Device { get; } = device;

    /// <summary>Why, in a sentence fragment.</summary>
    public string Reason { get; } = reason;
}
