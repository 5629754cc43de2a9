using System.Globalization;
using Savevm.Fuzz.Engine;

namespace Savevm.Fuzz;

/// <summary>The command line of the runner.</summary>
internal sealed record FuzzOptions
{
    public const string Usage = """
        usage: ./test fuzz [--target NAME] [--seconds N] [--seed N]     one target, or all in turn, N seconds each (10)
               ./test fuzz --target NAME --replay FILE                  runs one input again
               ./test fuzz --list                                       the targets
        --output FOLDER    where finds and kept inputs go (artifacts/fuzz)
        --patience N       seconds of processor time after which an input counts as endless (20)
        """;

    private const int DefaultSeconds = 10;
    private const int DefaultPatience = 20;

    /// <summary>Null for all.</summary>
    public string? Target { get; private init; }

    public int Seconds { get; private init; } = DefaultSeconds;

    public ulong Seed { get; private init; } = (ulong)DateTime.UtcNow.Ticks;

    public string? Replay { get; private init; }

    public string Output { get; private init; } = Places.Artifacts;

    public int Patience { get; private init; } = DefaultPatience;

    public bool IsList { get; private init; }

    /// <summary>This process is the instrumented one: where to write the input at hand. Only the runner itself says it.</summary>
    public string? Record { get; private init; }

    /// <summary>Null when it is not a command line of ours.</summary>
    public static FuzzOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new FuzzOptions();
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--list")
            {
                options = options with { IsList = true };
                continue;
            }
            if (i + 1 == arguments.Count)
                return null;
            string value = arguments[i + 1];
            switch (arguments[i++])
            {
                case "--target":
                    options = options with { Target = value };
                    break;
                case "--seconds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0:
                    options = options with { Seconds = seconds };
                    break;
                case "--seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed):
                    options = options with { Seed = seed };
                    break;
                case "--patience" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int patience) && patience > 0:
                    options = options with { Patience = patience };
                    break;
                case "--output":
                    options = options with { Output = Path.GetFullPath(value) };
                    break;
                case "--replay":
                    options = options with { Replay = Path.GetFullPath(value) };
                    break;
                case "--record":
                    options = options with { Record = value };
                    break;
                default:
                    return null;
            }
        }
        bool needsTarget = options.Replay is not null || options.Record is not null;
        return needsTarget && options.Target is null ? null : options;
    }
}
