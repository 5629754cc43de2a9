using System.Collections.Frozen;
using Savevm.Wire;

namespace Savevm.Migration.Core;

/// <summary>
/// The order of a forward stream: which input is legal in which phase and where it leads. QEMU's destination accepts device
/// sections, parts and ends in any order once RAM was announced, and so do we; what is fixed is the order of postcopy commands
/// (<c>docs/wire-format.md</c>, 2.6 and 8.4.3).
/// </summary>
public static class IncomingPhaseTable
{
    /// <summary>One legal step.</summary>
    /// <param name="Phase">Phase before.</param>
    /// <param name="Input">What the stream said.</param>
    /// <param name="Next">Phase after.</param>
    public sealed record Row(IncomingPhase Phase, IncomingInput Input, IncomingPhase Next);

    /// <summary>Every legal step.</summary>
    public static IReadOnlyList<Row> Rows { get; } =
    [
        new(IncomingPhase.Start, IncomingInput.Header, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.Configuration, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.NeutralCommand, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.Device, IncomingPhase.Setup),
        new(IncomingPhase.Setup, IncomingInput.LiveStart, IncomingPhase.Iterating),
        new(IncomingPhase.Setup, IncomingInput.Advise, IncomingPhase.Advised),
        new(IncomingPhase.Setup, IncomingInput.EndOfFile, IncomingPhase.Ended),
        new(IncomingPhase.Iterating, IncomingInput.NeutralCommand, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.LiveStart, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.LivePart, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.Device, IncomingPhase.Iterating),
        new(IncomingPhase.Iterating, IncomingInput.LiveEnd, IncomingPhase.Completing),
        new(IncomingPhase.Iterating, IncomingInput.EndOfFile, IncomingPhase.Ended),
        new(IncomingPhase.Completing, IncomingInput.NeutralCommand, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.LivePart, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.LiveEnd, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.Device, IncomingPhase.Completing),
        new(IncomingPhase.Completing, IncomingInput.EndOfFile, IncomingPhase.Ended),
        new(IncomingPhase.Advised, IncomingInput.NeutralCommand, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.LiveStart, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.LivePart, IncomingPhase.Advised),
        new(IncomingPhase.Advised, IncomingInput.Device, IncomingPhase.Advised),
        // Postcopy was possible and was not used: the stream ends like any precopy.
        new(IncomingPhase.Advised, IncomingInput.LiveEnd, IncomingPhase.Completing),
        new(IncomingPhase.Advised, IncomingInput.EndOfFile, IncomingPhase.Ended),
        new(IncomingPhase.Advised, IncomingInput.Discard, IncomingPhase.Discarded),
        new(IncomingPhase.Advised, IncomingInput.Package, IncomingPhase.Advised),
        new(IncomingPhase.Discarded, IncomingInput.Discard, IncomingPhase.Discarded),
        new(IncomingPhase.Discarded, IncomingInput.NeutralCommand, IncomingPhase.Discarded),
        // Between two discards pages are taken as in precopy: QEMU does, and a source that discards first saves it huge pages.
        new(IncomingPhase.Discarded, IncomingInput.LivePart, IncomingPhase.Discarded),
        new(IncomingPhase.Discarded, IncomingInput.Package, IncomingPhase.Discarded),
        // A LISTEN without a discard before it makes QEMU wait for itself for ever; ours refuses it, so no test of ours can rely on it.
        new(IncomingPhase.Discarded, IncomingInput.Listen, IncomingPhase.Listening),
        new(IncomingPhase.Listening, IncomingInput.NeutralCommand, IncomingPhase.Listening),
        new(IncomingPhase.Listening, IncomingInput.Device, IncomingPhase.Listening),
        new(IncomingPhase.Listening, IncomingInput.Run, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.NeutralCommand, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.LivePart, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.LiveEnd, IncomingPhase.Running),
        new(IncomingPhase.Running, IncomingInput.EndOfFile, IncomingPhase.Ended),
    ];

    private static readonly FrozenDictionary<(IncomingPhase, IncomingInput), IncomingPhase> Steps =
        Rows.ToFrozenDictionary(row => (row.Phase, row.Input), row => row.Next);

    /// <summary>The phase after <paramref name="input"/>.</summary>
    /// <exception cref="WireException">The input is not legal in this phase; names both.</exception>
    public static IncomingPhase Step(IncomingPhase phase, IncomingInput input, long offset) =>
        Steps.TryGetValue((phase, input), out var next)
            ? next
            : throw new WireException(offset, $"{input} is not allowed in phase {phase}");
}
