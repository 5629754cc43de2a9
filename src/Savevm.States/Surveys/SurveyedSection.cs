using Savevm.Wire.Forward;

namespace Savevm.States.Surveys;

/// <summary>A section that is no device's, or a command, in its place in the stream; many alike in a row are one.</summary>
/// <param name="Offset">Offset of the first byte.</param>
/// <param name="Type">Its type.</param>
/// <param name="Name">The live device, or the command.</param>
/// <param name="SectionId">The sender's number of the device; 0 for a command.</param>
public sealed record SurveyedSection(long Offset, SectionType Type, string Name, uint SectionId)
{
    /// <summary>Bytes with head and footer, of all of them together.</summary>
    public long Bytes { get; init; }

    /// <summary>How many there are in a row.</summary>
    public long Count { get; init; } = 1;
}
