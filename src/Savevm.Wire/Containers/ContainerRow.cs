namespace Savevm.Wire.Containers;

/// <summary>One kind of file.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Name">Its usual name.</param>
/// <param name="Magic">Its first bytes, in hexadecimal.</param>
/// <param name="IsCompression">Inside is another kind of file.</param>
public sealed record ContainerRow(ContainerKind Kind, string Name, string Magic, bool IsCompression)
{
    /// <summary>Its first bytes.</summary>
    internal byte[] MagicBytes { get; } = Convert.FromHexString(Magic);
}
