namespace Savevm.States.Reading;

/// <summary>A device section that was found in a stream.</summary>
/// <param name="Offset">Offset of its type byte.</param>
/// <param name="SectionId">The sender's number of the device.</param>
/// <param name="IdStr">The device's name.</param>
/// <param name="InstanceId">Number among devices of the same name.</param>
/// <param name="VersionId">Version of the device's description.</param>
/// <param name="Body">The bytes behind its head, without the footer.</param>
/// <param name="Cut">How its end was found.</param>
public sealed record WalkedSection(
    long Offset, uint SectionId, string IdStr, uint InstanceId, uint VersionId, ReadOnlyMemory<byte> Body, SectionCut Cut)
{
    // Type byte, be32 section id, counted name, be32 instance id, be32 version id.
    private const int HeadBytes = 14;
    private const int FooterBytes = 5;

    /// <summary>It stands before the RAM blocks and must stay there (virtio-mem's early state).</summary>
    public bool IsEarly { get; init; }

    /// <summary>It came in a package, behind the start of a postcopy.</summary>
    public bool IsPackaged { get; init; }

    /// <summary>A footer ends it; false in streams of machine types up to 2.3.</summary>
    public bool HasFooter { get; init; } = true;

    /// <summary>Offset of its body.</summary>
    public long BodyOffset => Offset + HeadBytes + IdStr.Length;

    /// <summary>Offset behind it and its footer.</summary>
    public long EndOffset => BodyOffset + Body.Length + (HasFooter ? FooterBytes : 0);

    /// <summary>Bytes of the section with head and footer.</summary>
    public long Bytes => EndOffset - Offset;
}
