using System.Collections.Frozen;

namespace Savevm.Migration;

/// <summary>
/// The legal transitions of both engines. A transition that is not a row is a bug of ours and throws.
/// <c>docs/states.md</c> is printed from this table and a test holds the two together.
/// </summary>
public static class MigrationStateTable
{
    /// <summary>One legal transition.</summary>
    /// <param name="From">State before.</param>
    /// <param name="To">State after.</param>
    /// <param name="Why">What causes it.</param>
    public sealed record Row(MigrationState From, MigrationState To, string Why);

    /// <summary>Transitions of <see cref="Outgoing.OutgoingMigration"/> and <see cref="Live.LiveMigration"/>.</summary>
    public static IReadOnlyList<Row> Outgoing { get; } =
    [
        new(MigrationState.None, MigrationState.Setup, "a connection was given"),
        new(MigrationState.None, MigrationState.PostcopyRecover, "a connection was given to a guest that waits for the pages of an interrupted postcopy"),
        new(MigrationState.Setup, MigrationState.Active, "header, configuration and block list are written"),
        new(MigrationState.Setup, MigrationState.WaitUnplug, "devices must leave before the machine is sent"),
        new(MigrationState.Setup, MigrationState.Failed, "the connection broke or the state is damaged; the machine is handed back"),
        new(MigrationState.Setup, MigrationState.Cancelled, "cancelled; the machine is handed back"),
        new(MigrationState.WaitUnplug, MigrationState.Active, "they have left"),
        new(MigrationState.WaitUnplug, MigrationState.Failed, "they did not leave in time, or the connection broke; they are plugged in again"),
        new(MigrationState.WaitUnplug, MigrationState.Cancelled, "cancelled; they are plugged in again"),
        new(MigrationState.Active, MigrationState.Device, "the machine stands still, the rest is device state"),
        new(MigrationState.Active, MigrationState.Failed, "the connection broke or the state is damaged; the machine is handed back"),
        new(MigrationState.Active, MigrationState.Cancelled, "cancelled; the machine is handed back"),
        new(MigrationState.Active, MigrationState.PreSwitchover, "the machine stands still; its owner is to release what it holds"),
        new(MigrationState.PreSwitchover, MigrationState.Device, "its owner has"),
        new(MigrationState.PreSwitchover, MigrationState.Failed, "its owner could not; the machine is handed back"),
        new(MigrationState.PreSwitchover, MigrationState.Cancelled, "cancelled; the machine is handed back"),
        new(MigrationState.Device, MigrationState.PostcopyActive, "the package is written: authority is the destination's"),
        new(MigrationState.Device, MigrationState.Completed, "precopy: everything is written and the destination confirmed where it can"),
        new(MigrationState.Device, MigrationState.Failed, "the destination refused or vanished; the machine is handed back"),
        new(MigrationState.Device, MigrationState.Cancelled, "cancelled before the destination could confirm; the machine is handed back"),
        new(MigrationState.PostcopyActive, MigrationState.Completed, "every page is written and the destination confirmed"),
        new(MigrationState.PostcopyActive, MigrationState.PostcopyPaused, "the connection broke, or the stored state is damaged; the guest waits at the destination"),
        new(MigrationState.PostcopyActive, MigrationState.Cancelled, "cancelled on request; the guest at the destination waits for pages"),
        new(MigrationState.PostcopyPaused, MigrationState.PostcopyRecover, "a new connection was given"),
        new(MigrationState.PostcopyPaused, MigrationState.Cancelled, "cancelled on request; the guest at the destination waits for pages"),
        new(MigrationState.PostcopyRecover, MigrationState.PostcopyActive, "the destination has said what it has, and is ready"),
        new(MigrationState.PostcopyRecover, MigrationState.PostcopyPaused, "the new connection broke too"),
        new(MigrationState.PostcopyRecover, MigrationState.Cancelled, "cancelled on request; the guest at the destination waits for pages"),
    ];

    /// <summary>Transitions of <see cref="Incoming.IncomingMigration"/>.</summary>
    public static IReadOnlyList<Row> Incoming { get; } =
    [
        new(MigrationState.None, MigrationState.Setup, "a connection was given"),
        new(MigrationState.Setup, MigrationState.Active, "the header was read"),
        new(MigrationState.Setup, MigrationState.Failed, "not a stream of this kind, or the connection broke; the source keeps the machine"),
        new(MigrationState.Setup, MigrationState.Cancelled, "cancelled; the source keeps the machine"),
        new(MigrationState.Active, MigrationState.Completed, "the stream ended and the machine took everything"),
        new(MigrationState.Active, MigrationState.PostcopyActive, "the package ran: authority is ours"),
        new(MigrationState.Active, MigrationState.Failed, "a defect in the stream, a refusal, or the connection broke; the source keeps the machine"),
        new(MigrationState.Active, MigrationState.Cancelled, "cancelled; the source keeps the machine"),
        new(MigrationState.PostcopyActive, MigrationState.Completed, "every page arrived"),
        new(MigrationState.PostcopyActive, MigrationState.PostcopyPaused, "the connection broke while pages are missing"),
        new(MigrationState.PostcopyPaused, MigrationState.PostcopyRecover, "a new connection was given"),
        new(MigrationState.PostcopyRecover, MigrationState.PostcopyActive, "the source knows what is missing, and goes on"),
        new(MigrationState.PostcopyRecover, MigrationState.PostcopyPaused, "the new connection broke too"),
    ];

    private static readonly FrozenSet<(MigrationState, MigrationState)> OutgoingSet = Outgoing.Select(row => (row.From, row.To)).ToFrozenSet();
    private static readonly FrozenSet<(MigrationState, MigrationState)> IncomingSet = Incoming.Select(row => (row.From, row.To)).ToFrozenSet();

    /// <summary>The name that QEMU's <c>query-migrate</c> gives the state.</summary>
    public static string NameOf(MigrationState state) => state switch
    {
        MigrationState.None => "none",
        MigrationState.Setup => "setup",
        MigrationState.WaitUnplug => "wait-unplug",
        MigrationState.Active => "active",
        MigrationState.PreSwitchover => "pre-switchover",
        MigrationState.Device => "device",
        MigrationState.PostcopyActive => "postcopy-active",
        MigrationState.PostcopyPaused => "postcopy-paused",
        MigrationState.PostcopyRecover => "postcopy-recover",
        MigrationState.Completed => "completed",
        MigrationState.Failed => "failed",
        MigrationState.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    internal static void DemandOutgoing(MigrationState from, MigrationState to) => Demand(OutgoingSet, "outgoing", from, to);

    internal static void DemandIncoming(MigrationState from, MigrationState to) => Demand(IncomingSet, "incoming", from, to);

    private static void Demand(FrozenSet<(MigrationState, MigrationState)> legal, string role, MigrationState from, MigrationState to)
    {
        if (!legal.Contains((from, to)))
            throw new InvalidOperationException($"An {role} migration cannot go from {NameOf(from)} to {NameOf(to)}.");
    }
}
