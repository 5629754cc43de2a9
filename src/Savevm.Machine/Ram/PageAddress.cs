namespace Savevm.Machine.Ram;

/// <summary>One page of a machine.</summary>
/// <param name="BlockIndex">Index of the block in the machine's list.</param>
/// <param name="PageIndex">Page number within the block.</param>
public readonly record struct PageAddress(int BlockIndex, long PageIndex);
