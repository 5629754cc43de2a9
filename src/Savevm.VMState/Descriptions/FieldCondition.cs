namespace Savevm.VMState.Descriptions;

/// <summary>When a field is there: a test alone decides if there is one, else the version.</summary>
/// <param name="Since">First version of the description that has the field.</param>
/// <param name="When">The test.</param>
internal readonly record struct FieldCondition<TDevice>(uint Since, FieldTest<TDevice>? When);
