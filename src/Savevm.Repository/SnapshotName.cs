namespace Savevm.Repository;

/// <summary>
/// What a snapshot may be called: 1 to 128 letters, digits, dots, underscores and hyphens of ASCII, beginning with neither a dot nor a
/// hyphen. Such a name is a directory entry that cannot leave the repository, hide itself, or look like an option.
/// </summary>
public static class SnapshotName
{
    /// <summary>The most characters of a name.</summary>
    public const int MaximumLength = 128;

    /// <summary>The rule in words, for messages.</summary>
    public const string Rule = "1 to 128 of A-Z a-z 0-9 . _ -, not beginning with . or -";

    /// <summary>Whether a snapshot may have this name.</summary>
    public static bool IsValid(string? name)
    {
        if (name is null || name.Length is 0 or > MaximumLength || name[0] is '.' or '-') return false;
        foreach (var character in name)
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-')) return false;
        return true;
    }

    /// <summary>Returns when a snapshot may have this name.</summary>
    /// <exception cref="ArgumentException">It may not; the message says what a name looks like.</exception>
    public static void Validate(string? name)
    {
        if (!IsValid(name)) throw new ArgumentException($"'{name}' cannot be the name of a snapshot ({Rule})");
    }
}
