namespace Savevm.Machine.VMState.Display;

/// <summary>A value as a person reads it.</summary>
/// <param name="Path">What it is: labels of nodes from the device downward, joined by slashes; perhaps a name of our own at the end.</param>
/// <param name="Text">The form.</param>
/// <param name="BodyOffset">Offset of the node's first byte in the section's body.</param>
public readonly record struct DisplayLine(string Path, string Text, int BodyOffset);
