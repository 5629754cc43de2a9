namespace Savevm;

/// <summary>Consecutive pages of RAM that differ in the same way.</summary>
/// <param name="Block">The RAM block.</param>
/// <param name="Offset">Offset of the first page in the block.</param>
/// <param name="Bytes">Length of the range.</param>
/// <param name="Change">
/// <c>zeroed</c>: it is zero in the second state only; <c>filled</c>: in the first only; <c>moved</c>: its contents stood elsewhere in the first state;
/// <c>changed</c>: anything else.
/// </param>
public sealed record RamDifference(string Block, long Offset, long Bytes, string Change)
{
    /// <summary>Where the contents of the first page stood in the first state, for <c>moved</c>: block and offset.</summary>
    public (string Block, long Offset)? From { get; init; }
}
