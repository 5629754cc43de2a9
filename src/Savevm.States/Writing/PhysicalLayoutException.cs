namespace Savevm.States.Writing;

/// <summary>It is not known where the RAM of this machine lies in its physical memory.</summary>
/// <param name="reason">Why not, in a sentence fragment.</param>
/// <param name="hint">What to do instead.</param>
public sealed class PhysicalLayoutException(string reason, string hint) : Exception(reason)
{
    /// <summary>What to do instead.</summary>
    public string Hint { get; } = hint;
}
