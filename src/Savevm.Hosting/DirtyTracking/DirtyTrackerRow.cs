using Savevm.Machine.Ram;

namespace Savevm.Hosting.DirtyTracking;

/// <summary>A way to track writes.</summary>
/// <param name="Name">What it is forced by.</param>
/// <param name="Meaning">What it is, for a person.</param>
/// <param name="Refusal">Tries it; why this machine cannot be tracked so here, or null when it can.</param>
/// <param name="Open">Makes the tracker; it does not track yet.</param>
public sealed record DirtyTrackerRow(
    string Name, string Meaning, Func<TrackedMachine, string?> Refusal, Func<TrackedMachine, IDirtyTracker> Open);
