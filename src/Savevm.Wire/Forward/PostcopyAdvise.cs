using System.Buffers.Binary;

namespace Savevm.Wire.Forward;

/// <summary>The payload of POSTCOPY_ADVISE: both sides must agree on page sizes.</summary>
/// <remarks>The command may also be empty: postcopy of dirty bitmaps only. Then there is no such payload.</remarks>
/// <param name="PageSummary">Bitwise OR of the host page sizes of all RAM blocks.</param>
/// <param name="PageSize">The target page size in bytes.</param>
public readonly record struct PostcopyAdvise(ulong PageSummary, ulong PageSize)
{
    /// <summary>Bytes of the payload.</summary>
    public const int PayloadBytes = 16;

    /// <summary>Reads the payload.</summary>
    /// <param name="payload">The payload of the command.</param>
    /// <param name="offset">Its offset in the stream.</param>
    /// <exception cref="WireException">Another length, or sizes that are no page sizes.</exception>
    public static PostcopyAdvise Parse(ReadOnlySpan<byte> payload, long offset)
    {
        if (payload.Length != PayloadBytes)
            throw new WireException(offset, $"POSTCOPY_ADVISE with {payload.Length} bytes of payload");
        var advise = new PostcopyAdvise(
            PageSummary: BinaryPrimitives.ReadUInt64BigEndian(payload),
            PageSize: BinaryPrimitives.ReadUInt64BigEndian(payload[8..]));
        if (!ulong.IsPow2(advise.PageSize) || advise.PageSize > WireLimits.MaxPageSize)
            throw new WireException(offset + 8, $"POSTCOPY_ADVISE with target page size {advise.PageSize}");
        // A summary is a set of powers of two, none smaller than a target page.
        if (advise.PageSummary == 0 || (advise.PageSummary & (advise.PageSize - 1)) != 0
            || advise.PageSummary >= WireLimits.MaxPageSize * 2)
        {
            throw new WireException(offset, $"POSTCOPY_ADVISE with page summary 0x{advise.PageSummary:x}");
        }
        return advise;
    }

    /// <summary>The payload in new memory.</summary>
    public byte[] ToPayload()
    {
        byte[] payload = new byte[PayloadBytes];
        BinaryPrimitives.WriteUInt64BigEndian(payload, PageSummary);
        BinaryPrimitives.WriteUInt64BigEndian(payload.AsSpan(8), PageSize);
        return payload;
    }
}
