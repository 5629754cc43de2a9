namespace Savevm.Wire;

/// <summary>The bytes are not what the format allows: a defect of the stream or a hostile peer, never our own mistake.</summary>
/// <param name="offset">Offset of the offending byte or field, counted from the start of the stream.</param>
/// <param name="reason">What is wrong with it, in a sentence fragment.</param>
public sealed class WireException(long offset, string reason) : Exception($"stream offset 0x{offset:x}: {reason}")
{
    /// <summary>Offset of the offending byte or field, counted from the start of the stream.</summary>
    public long Offset { get; } = offset;

    /// <summary>What is wrong there, without the offset.</summary>
    public string Reason { get; } = reason;
}
