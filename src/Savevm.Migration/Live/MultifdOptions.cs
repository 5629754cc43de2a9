using Savevm.Machine.Ram.Compression;
using Savevm.Wire.Multifd;

namespace Savevm.Migration.Live;

/// <summary>
/// Pages travel in packets on channels of their own (QEMU's capability <c>multifd</c>), which both sides must have agreed on: the number of the
/// channels, their compression, and how they are kept in step with the stream.
/// </summary>
public sealed record MultifdOptions
{
    /// <summary>Form of the packets (<c>multifd-compression</c>); the destination's must be the same.</summary>
    public MultifdCompression Compression { get; init; }

    /// <summary>How hard to compress: 0 to 9 for zlib, 0 to 20 for zstd.</summary>
    public int Level { get; init; } = 1;

    /// <summary>The machine's UUID: a QEMU compares it with its own, which is zero unless it was given one.</summary>
    public Guid Uuid { get; init; }

    /// <summary>Why it cannot be; null when it can.</summary>
    internal string? Refusal() => Compression switch
    {
        MultifdCompression.None => null,
        MultifdCompression.Zlib => Level is < 0 or > 9 ? $"zlib has no level {Level}" : null,
        MultifdCompression.Zstd => Level is < 0 or > 20 ? $"zstd has no level {Level} that QEMU takes" : null,
        _ => $"multifd packets cannot be packed with {Compression.ToString().ToLowerInvariant()} here",
    };

    /// <summary>An encoder for one channel; null where pages travel as they are.</summary>
    internal IPayloadEncoder? CreateEncoder() => Compression switch
    {
        MultifdCompression.Zlib => new ZlibPayloadEncoder(Level),
        MultifdCompression.Zstd => new ZstdPayloadEncoder(Level),
        _ => null,
    };
}
