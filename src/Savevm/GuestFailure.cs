namespace Savevm;

/// <summary>One of several guests that were started together did not come up, or was lost before all its RAM had arrived.</summary>
/// <param name="Index">0 for the first, counting up.</param>
/// <param name="Failure">Why.</param>
public sealed record GuestFailure(int Index, SavevmException Failure)
{
    /// <summary>Its number, from 1 on.</summary>
    public int Number => Index + 1;
}
