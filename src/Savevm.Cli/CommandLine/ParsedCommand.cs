using System.Globalization;
using Savevm.Cli.Values;

namespace Savevm.Cli.CommandLine;

/// <summary>What the user typed, sorted by the definitions. Values are still text; the readers below make something of them.</summary>
/// <param name="Definition">The command; null when there was none (<c>savevm --version</c>).</param>
/// <param name="Values">Option or argument name to the words given, in order; a switch that was given has no words.</param>
/// <param name="Rest">The words after <c>--</c>; null when there was no <c>--</c>.</param>
public sealed record ParsedCommand(
    CommandDefinition? Definition,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Values,
    IReadOnlyList<string>? Rest)
{
    private delegate bool TryParse<T>(string text, out T value, out string? error);

    /// <summary>The option was given.</summary>
    public bool Has(OptionDefinition option) => Values.ContainsKey(option.Name);

    /// <summary>The option's text, or null.</summary>
    public string? Text(OptionDefinition option) => Values.TryGetValue(option.Name, out IReadOnlyList<string>? words) ? words[0] : null;

    /// <summary>The argument's one word.</summary>
    public string Text(ArgumentDefinition argument) => Values[argument.Name][0];

    /// <summary>All words of a repeatable option; none when it was not given.</summary>
    public IReadOnlyList<string> All(OptionDefinition option) => Values.GetValueOrDefault(option.Name, []);

    /// <summary>All words of a repeatable argument.</summary>
    public IReadOnlyList<string> All(ArgumentDefinition argument) => Values.GetValueOrDefault(argument.Name, []);

    /// <summary>The option's rate in bytes per second, or null.</summary>
    public long? Rate(OptionDefinition option) => Read<long>(option, ByteRate.TryParse);

    /// <summary>The option's number of bytes, or null.</summary>
    public long? Size(OptionDefinition option) => Read<long>(option, ByteSize.TryParse);

    /// <summary>The option's time, or null.</summary>
    public TimeSpan? Time(OptionDefinition option) => Read<TimeSpan>(option, Duration.TryParse);

    /// <summary>The option's whole number, at least 1 and at most <paramref name="most"/>, or null.</summary>
    public int? Count(OptionDefinition option, int most) =>
        Read(
            option,
            (string text, out int value, out string? error) =>
            {
                bool good = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1 && value <= most;
                error = good ? null : $"'{text}' is not a number from 1 to {most}";
                return good;
            });

    /// <summary>The option's choice as a member of an enum whose names are the choices without their hyphens, or null.</summary>
    public T? Choice<T>(OptionDefinition option)
        where T : struct, Enum =>
        Text(option) is { } text ? Enum.Parse<T>(text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true) : null;

    private T? Read<T>(OptionDefinition option, TryParse<T> parse)
        where T : struct
    {
        if (Text(option) is not { } text)
        {
            return null;
        }

        return parse(text, out T value, out string? error) ? value : throw new UsageException(option.Name, error!);
    }
}
