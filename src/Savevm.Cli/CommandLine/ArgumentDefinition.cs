namespace Savevm.Cli.CommandLine;

/// <summary>One argument: a word without hyphens whose place tells its meaning.</summary>
/// <param name="Name">What help calls it.</param>
/// <param name="Summary">What it is.</param>
/// <param name="Kind">What stands there.</param>
public sealed record ArgumentDefinition(string Name, string Summary, ValueKind Kind)
{
    /// <summary>What a choice can be.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>It takes one word or more; only the last argument can.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>It may be left out.</summary>
    public bool IsOptional { get; init; }

    /// <summary>How help spells it in the usage line.</summary>
    public string Usage
    {
        get
        {
            string word = IsRepeatable ? Name + "..." : Name;
            return IsOptional ? $"[{word}]" : word;
        }
    }
}
