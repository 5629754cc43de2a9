using Savevm.Cli.CommandLine;

namespace Savevm.Cli.Values;

/// <summary>Tags as people write them: <c>KEY=VALUE</c>.</summary>
public static class TagText
{
    /// <summary>Reads tags; of two with the same key the last counts.</summary>
    /// <param name="what">The option or argument they were given to, for the error.</param>
    /// <param name="words">What the user wrote.</param>
    /// <exception cref="UsageException">One has no key or no equals sign.</exception>
    public static Dictionary<string, string> Parse(string what, IEnumerable<string> words)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new UsageException(what, $"'{word}' is not a tag", "write it like purpose=demo");
            }

            tags[word[..equals]] = word[(equals + 1)..];
        }

        return tags;
    }

    /// <summary>Writes tags in the order of their keys, separated by a space.</summary>
    public static string Format(IEnumerable<KeyValuePair<string, string>> tags) =>
        string.Join(' ', tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"));
}
