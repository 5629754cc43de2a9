namespace Savevm.Wire.Descriptions;

/// <summary>One device of the JSON description.</summary>
/// <param name="IdStr">The device's name.</param>
/// <param name="InstanceId">Number among devices of the same name.</param>
/// <param name="Version">Version of its description; null for a device that is saved by hand-written code.</param>
/// <param name="BodyBytes">Bytes between section header and footer, by the sizes of its fields and subsections.</param>
public sealed record VMDescriptionEntry(string IdStr, uint InstanceId, uint? Version, long BodyBytes);
