using Savevm.Machine.VMState.Catalogue;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.States.Reading;

/// <summary>
/// Tells where a device section ends by a description of its device from elsewhere. It is asked only where footers do not tell it, since the catalogue
/// takes some milliseconds to open.
/// </summary>
internal sealed class CatalogueCut(FooterScanner scanner)
{
    private DescriptionCatalogue? _catalogue;

    /// <summary>The machine, which chooses among the recorded ones; null while nothing tells it.</summary>
    internal string? Machine { get; set; }

    /// <summary>The only length that a description gives and that the bytes behind it agree with; null for none, or for several.</summary>
    /// <param name="header">Head of the section.</param>
    /// <param name="window">Bytes from the first of its body on.</param>
    /// <param name="isWhole">Nothing follows the window.</param>
    /// <param name="hasFooter">A footer ends the section.</param>
    internal int? Find(in SectionHeader header, ReadOnlyMemory<byte> window, bool isWhole, bool hasFooter)
    {
        _catalogue ??= RecordedCatalogue.For(Machine);
        int? only = null;
        foreach (int length in _catalogue.Lengths(header.IdStr!, header.InstanceId, header.VersionId, window))
        {
            if (!IsEnd(window.Span[length..], header.SectionId, isWhole, hasFooter))
                continue;
            if (only is not null)
                return null;
            only = length;
        }
        return only;
    }

    /// <summary>Cuts sections without footers, up to the end of the stream. Null where the end of one cannot be told; it is the pending one then.</summary>
    /// <param name="offset">Offset of the bytes.</param>
    /// <param name="bytes">All from the first section's type byte to the end of the stream.</param>
    /// <param name="stuck">The section whose end cannot be told, and its offset.</param>
    internal List<WalkedSection>? CutAll(long offset, ReadOnlyMemory<byte> bytes, out (long Offset, SectionHeader Header) stuck)
    {
        stuck = default;
        var sections = new List<WalkedSection>();
        int at = 0;
        while (at < bytes.Length && bytes.Span[at] != (byte)SectionType.Eof)
        {
            if (!ForwardReader.TryReadSectionHeader(bytes.Span[at..], offset + at, out SectionHeader header, out int head))
                return null;
            stuck = (offset + at, header);
            if (header.Type != SectionType.Full || sections.Count == WireLimits.MaxSections)
                return null;
            scanner.NoteDeviceSection(header.SectionId);
            if (Find(header, bytes[(at + head)..], isWhole: true, hasFooter: false) is not { } length)
                return null;
            byte[] body = bytes.Slice(at + head, length).ToArray();
            var section = new WalkedSection(
                offset + at, header.SectionId, header.IdStr!, header.InstanceId, header.VersionId, body, SectionCut.Catalogue);
            sections.Add(section with { HasFooter = false });
            at += head + length;
        }
        return at == bytes.Length - 1 ? sections : null;
    }

    private bool IsEnd(ReadOnlySpan<byte> rest, uint sectionId, bool isWhole, bool hasFooter)
    {
        const int footerBytes = 5;
        if (!hasFooter)
            return scanner.MayFollow(rest, sectionId, isWhole);
        try
        {
            return ForwardReader.TryReadFooter(rest, 0, sectionId, out _) && scanner.MayFollow(rest[footerBytes..], sectionId, isWhole);
        }
        catch (WireException)
        {
            return false;
        }
    }
}
