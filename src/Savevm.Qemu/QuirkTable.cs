using Savevm.Qemu.Source;

namespace Savevm.Qemu;

/// <summary>
/// Known faults of QEMU that capture obeys and names. Versions are looked at here because a QEMU cannot be asked for its faults.
/// </summary>
public static class QuirkTable
{
    /// <summary>The rows.</summary>
    public static IReadOnlyList<Quirk> Rows { get; } =
    [
        // Repaired upstream in March 2024 for 9.0. Held by the interop cells of the old QEMU as a source.
        new Quirk(
            "tcg-dirty-log",
            static (facts, mode) => mode == SourceMode.Live && facts.IsRunning && facts.Accelerator == "tcg" && facts.IsOlderThan(9, 0),
            QuirkEffect.AvoidMode,
            static facts => $"QEMU {facts.Version} under TCG loses guest writes in a live capture of several rounds (repaired in QEMU 9.0)"),
    ];

    /// <summary>
    /// A background snapshot that is cancelled, or whose reader goes away, leaves the guest's processors waiting for ever for the page that
    /// nobody sends any more. Seen with 7.2, not with 10.0; asked by the greeting alone, because it must be known when nothing else can be asked.
    /// </summary>
    /// <param name="greeting">What the monitor said of itself; null counts as new.</param>
    public static bool FreezesCancelledSnapshots(Qmp.QmpGreeting? greeting) => greeting is { Major: < 9 };

    /// <summary>The known faults of a release, and what is done or can be done about each.</summary>
    /// <param name="version">The release, such as <c>7.2.22</c>.</param>
    public static IReadOnlyList<(string Fault, string Remedy)> KnownFaults(string version)
    {
        if (!Version.TryParse(version, out var number) || number.Major >= 9)
        {
            return [];
        }

        return
        [
            ("under TCG it loses guest writes in a live capture of several rounds", "savevm capture takes --mode background or stop of such a guest by itself; QEMU 9.0 has it repaired"),
            ("a background snapshot that is cancelled stops its guest for good", "savevm reads it to its end instead"),
        ];
    }

    /// <summary>Decides how to capture.</summary>
    /// <param name="facts">The source.</param>
    /// <param name="asked">The mode that was asked for in so many words; null when none was.</param>
    /// <param name="noBackground">Why a background snapshot is not possible here; null when it is.</param>
    public static ModeDecision Decide(QemuFacts facts, SourceMode? asked, string? noBackground)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var mode = asked ?? SourceMode.Live;
        var sentences = new List<string>();
        if (mode == SourceMode.Background && !facts.IsRunning)
        {
            // QEMU 7.2 lets a paused guest run after a background snapshot of it. What stands still needs none.
            return new ModeDecision(SourceMode.Stop, [], ["the guest is paused and stays so: it is taken as it stands"]);
        }

        var rows = Rows.Where(row => row.Applies(facts, mode)).ToList();
        foreach (var row in rows)
        {
            string sentence = row.Sentence(facts);
            if (row.Effect == QuirkEffect.Refuse)
            {
                throw new SourceUnavailableException(sentence);
            }

            if (asked is not null)
            {
                sentences.Add($"{sentence}; --mode {Name(mode)} was asked for, so it is done all the same");
                continue;
            }

            mode = noBackground is null ? SourceMode.Background : SourceMode.Stop;
            sentences.Add($"{sentence}: taking --mode {Name(mode)} instead" + (noBackground is null ? string.Empty : $" (not background: {noBackground})"));
        }

        return new ModeDecision(mode, [.. rows.Select(row => row.Id)], sentences);
    }

    private static string Name(SourceMode mode) => mode switch
    {
        SourceMode.Live => "live",
        SourceMode.Background => "background",
        _ => "stop",
    };
}
