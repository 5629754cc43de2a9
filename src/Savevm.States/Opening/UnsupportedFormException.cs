namespace Savevm.States.Opening;

/// <summary>
/// A file of a form that is known and cannot be opened here, or of none that holds a saved machine. Nothing is wrong with the file.
/// </summary>
/// <param name="reason">Why, in a sentence fragment.</param>
/// <param name="hint">What to do instead, or null.</param>
public sealed class UnsupportedFormException(string reason, string? hint = null) : Exception(reason)
{
    /// <summary>What to do instead, or null.</summary>
    public string? Hint { get; } = hint;
}
