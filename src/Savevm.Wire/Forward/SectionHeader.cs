namespace Savevm.Wire.Forward;

/// <summary>The head of a section of a device.</summary>
/// <param name="Type">START, PART, END or FULL.</param>
/// <param name="SectionId">The sender's number of the device.</param>
/// <param name="IdStr">The device's name; null in PART and END, which name their device by number only.</param>
/// <param name="InstanceId">Number among devices of the same name; 0 in PART and END.</param>
/// <param name="VersionId">Version of the device's description; 0 in PART and END.</param>
public readonly record struct SectionHeader(SectionType Type, uint SectionId, string? IdStr, uint InstanceId, uint VersionId);
