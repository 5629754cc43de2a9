namespace Savevm.Machine.VMState.Catalogue;

/// <summary>A field that is there only when another, which stands before it, is not zero.</summary>
/// <param name="VmsdName">Name of the description.</param>
/// <param name="Field">The field.</param>
/// <param name="DependsOn">The one that tells.</param>
internal sealed record FieldCondition(string VmsdName, string Field, string DependsOn);
