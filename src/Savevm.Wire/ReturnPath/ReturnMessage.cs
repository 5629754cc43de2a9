namespace Savevm.Wire.ReturnPath;

/// <summary>One message of the return path. Its name points into the window that was read.</summary>
public readonly ref struct ReturnMessage
{
    internal ReturnMessage(ReturnMessageType type, uint value, ulong start, uint length, ReadOnlySpan<byte> blockName)
    {
        Type = type;
        Value = value;
        Start = start;
        Length = length;
        BlockName = blockName;
    }

    /// <summary>Which message.</summary>
    public ReturnMessageType Type { get; }

    /// <summary>Value of SHUT (0 is success), PONG and RESUME_ACK (always 1); 0 otherwise.</summary>
    public uint Value { get; }

    /// <summary>
    /// First byte asked for, as offset in the block: a multiple of 4096 below <see cref="WireLimits.MaxRamBytes"/>. That the
    /// request lies inside the block is the caller's check.
    /// </summary>
    public ulong Start { get; }

    /// <summary>Number of bytes asked for: a multiple of 4096, not 0.</summary>
    public uint Length { get; }

    /// <summary>Block of REQ_PAGES_ID and RECV_BITMAP, 1 to 255 bytes of printable ASCII; empty otherwise.</summary>
    public ReadOnlySpan<byte> BlockName { get; }
}
