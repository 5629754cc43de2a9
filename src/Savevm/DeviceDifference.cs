namespace Savevm;

/// <summary>How a device differs.</summary>
/// <param name="Name">The device's name.</param>
/// <param name="InstanceId">Number among devices of the same name.</param>
/// <param name="Change"><c>added</c>, <c>gone</c> or <c>changed</c>.</param>
/// <param name="Fields">The fields that differ; empty for a device that is in one state only.</param>
public sealed record DeviceDifference(string Name, uint InstanceId, string Change, IReadOnlyList<FieldDifference> Fields);
