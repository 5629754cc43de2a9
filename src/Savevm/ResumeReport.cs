namespace Savevm;

/// <summary>What a resume did.</summary>
public sealed record ResumeReport
{
    /// <summary>The name of the snapshot.</summary>
    public required string Name { get; init; }

    /// <summary>The guests in the order of their index, as they stood at the end.</summary>
    public required IReadOnlyList<ResumedGuest> Guests { get; init; }

    /// <summary>Guests that did not come up, or were lost, while others did; their observer was told of each at once.</summary>
    public IReadOnlyList<GuestFailure> Failures { get; init; } = [];

    /// <summary>Sentences a person should know: why lazy was not possible, what was changed in the command line.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>From the start of the operation to its end.</summary>
    public required TimeSpan Elapsed { get; init; }
}
