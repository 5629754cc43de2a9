using System.Runtime.InteropServices;

namespace Savevm.Linux.Processes;

/// <summary>A descriptor that a child inherits.</summary>
/// <param name="Descriptor">Ours; the caller keeps it and may close it after the start.</param>
/// <param name="Number">Its number in the child.</param>
public readonly record struct ChildDescriptor(SafeHandle Descriptor, int Number);
