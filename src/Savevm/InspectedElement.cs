namespace Savevm;

/// <summary>A section or a command of a stream, or many alike in a row.</summary>
/// <param name="Offset">Offset of its first byte; null in a snapshot, which keeps no stream.</param>
/// <param name="Kind"><c>start</c>, <c>part</c>, <c>end</c>, <c>full</c> or <c>command</c>.</param>
/// <param name="Name">The device or the command.</param>
/// <param name="InstanceId">Number among devices of the same name; null where it has none.</param>
/// <param name="VersionId">Version of the device's state; null where it has none.</param>
/// <param name="Bytes">Bytes, of all of them together.</param>
/// <param name="Count">How many there are.</param>
public sealed record InspectedElement(long? Offset, string Kind, string Name, uint? InstanceId, uint? VersionId, long Bytes, long Count)
{
    /// <summary>How its end was found, where the stream does not tell: <c>footer</c>, <c>ambiguous</c>, <c>confirmed</c>, <c>description</c>.</summary>
    public string? Cut { get; init; }
}
