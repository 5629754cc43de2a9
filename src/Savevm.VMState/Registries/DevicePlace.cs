namespace Savevm.VMState.Registries;

/// <summary>Where a device stands in its machine, and by which other names and numbers older states know it.</summary>
/// <param name="Path">Path of the device, such as <c>0000:00:01.1</c>; null for one of a board, which the description's name is enough for.</param>
/// <param name="InstanceId">Number among devices of the same name; the next free one where it is not given.</param>
/// <param name="AliasId">Another number that its sections may have.</param>
/// <param name="CompatInstanceId">Number of its sections in states from before it had a path: they have the bare name.</param>
public sealed record DevicePlace(
    string? Path = null, uint? InstanceId = null, uint? AliasId = null, uint? CompatInstanceId = null);
