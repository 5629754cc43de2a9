namespace Savevm;

/// <summary>
/// A failure as a person should read it: <c>savevm: WHAT: WHY</c>, then <c>hint: HINT</c>. Operations throw it where they know more than the
/// exception underneath does; everything else is translated by <see cref="Failure"/>.
/// </summary>
/// <param name="code">The exit code that scripts see.</param>
/// <param name="what">What failed, such as <c>capture of web</c>.</param>
/// <param name="why">Why, in a sentence fragment; QEMU's own last error line where QEMU failed.</param>
/// <param name="hint">What to do about it, or null.</param>
/// <param name="cause">The exception underneath, or null.</param>
public sealed class SavevmException(ExitCode code, string what, string why, string? hint = null, Exception? cause = null)
    : Exception($"{what}: {why}", cause)
{
    /// <summary>The exit code that scripts see.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>What failed.</summary>
    public string What { get; } = what;

    /// <summary>Why it failed.</summary>
    public string Why { get; } = why;

    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; } = hint;
}
