namespace Savevm.Machine.VMState.Tree;

/// <summary>A place where the bytes are not what their description says. What is there is kept raw.</summary>
/// <param name="BodyOffset">Offset in the section's body.</param>
/// <param name="Reason">What is wrong, in a sentence fragment.</param>
public readonly record struct DecodedDefect(int BodyOffset, string Reason);
