namespace Savevm.Cli.CommandLine;

/// <summary>The user's words cannot be understood: exit code 2, with a suggestion where there is one.</summary>
/// <param name="what">What cannot be understood, such as <c>--bandwidth</c>.</param>
/// <param name="why">Why, in a sentence fragment.</param>
/// <param name="hint">What to write instead, or null.</param>
public sealed class UsageException(string what, string why, string? hint = null) : Exception($"{what}: {why}")
{
    /// <summary>What cannot be understood.</summary>
    public string What { get; } = what;

    /// <summary>Why.</summary>
    public string Why { get; } = why;

    /// <summary>What to write instead, or null.</summary>
    public string? Hint { get; } = hint;
}
