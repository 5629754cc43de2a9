namespace Savevm.Cli.CommandLine;

/// <summary>One option: what the parser accepts, help prints and completion offers.</summary>
/// <param name="Name">With its hyphens.</param>
/// <param name="Summary">What it does, in a fragment that starts with a small letter or a name.</param>
/// <param name="Kind">What stands behind it.</param>
/// <param name="ValueName">What help calls the value, such as <c>SOCKET</c>; for a choice it is made of the choices.</param>
public sealed record OptionDefinition(string Name, string Summary, ValueKind Kind = ValueKind.None, string? ValueName = null)
{
    /// <summary>What a choice can be.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>It may be given more than once.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Another name, such as <c>-h</c>.</summary>
    public string? Alias { get; init; }

    /// <summary>How help spells it, such as <c>--mode live|background|stop</c>.</summary>
    public string Usage =>
        Kind switch
        {
            ValueKind.None => Name,
            ValueKind.Choice => $"{Name} {string.Join('|', Choices)}",
            _ => $"{Name} {ValueName}",
        };
}
