namespace Savevm.States.Writing;

/// <summary>A pipe, a compressor, or whatever else takes every byte.</summary>
/// <param name="target">Where to; not owned.</param>
public sealed class ForwardExportStream(Stream target) : ExportStream
{
    private static readonly byte[] Zeros = new byte[64 << 10];

    /// <inheritdoc/>
    public override void Flush() => target.Flush();

    /// <inheritdoc/>
    protected override void Put(long position, ReadOnlySpan<byte> bytes) => target.Write(bytes);

    /// <inheritdoc/>
    protected override void PutZeros(long position, long count)
    {
        for (; count > 0; count -= Zeros.Length)
            target.Write(Zeros, 0, (int)Math.Min(count, Zeros.Length));
    }
}
