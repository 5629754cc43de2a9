namespace Savevm;

/// <summary>A field that differs.</summary>
/// <param name="Path">Its path in the device.</param>
/// <param name="Before">Its value in the first state; null where it is not there.</param>
/// <param name="After">Its value in the second state; null where it is not there.</param>
public sealed record FieldDifference(string Path, string? Before, string? After);
