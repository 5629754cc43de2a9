namespace Savevm.Machine;

/// <summary>Stored state is not what was saved: a checksum, a length or a table does not agree.</summary>
/// <param name="item">What is damaged: a file or block name.</param>
/// <param name="offset">Byte offset in it, or -1 when it concerns the whole.</param>
/// <param name="reason">What does not agree, in a sentence fragment.</param>
public sealed class DamagedStateException(string item, long offset, string reason)
    : Exception(offset < 0 ? $"{item}: {reason}" : $"{item} at offset 0x{offset:x}: {reason}")
{
    /// <summary>What is damaged: a file or block name.</summary>
    public string Item { get; } = item;

    /// <summary>Byte offset in the item, or -1.</summary>
    public long Offset { get; } = offset;
}
