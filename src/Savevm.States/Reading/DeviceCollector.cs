using System.Buffers.Binary;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.States.Reading;

/// <summary>
/// Cuts device sections out of a stream by their footers, and corrects the cuts by the description behind the stream. A body may hold bytes
/// that look like its own footer, by chance or by a guest's design.
/// </summary>
internal sealed class DeviceCollector
{
    // How far behind a section other places are looked for where it could end.
    private const int LookAheadBytes = 64 << 10;

    private readonly StateInput _input;
    private readonly CatalogueCut _catalogue;
    private readonly List<WalkedSection> _sections = [];
    private long _bytes;

    internal DeviceCollector(StateInput input)
    {
        _input = input;
        _catalogue = new CatalogueCut(Scanner);
    }

    internal FooterScanner Scanner { get; } = new();

    /// <summary>The machine, where the stream tells it.</summary>
    internal string? Machine
    {
        set => _catalogue.Machine = value;
    }

    /// <summary>The sections have no footers: where they end, only a description can tell.</summary>
    internal bool HasFooters { get; private set; } = true;

    internal IReadOnlyList<WalkedSection> Sections => _sections;

    /// <summary>The head of a section whose end is looked for.</summary>
    internal (long Offset, SectionHeader Header)? Pending { get; private set; }

    /// <summary>Reads body and footer of a section whose head was consumed.</summary>
    /// <param name="offset">Offset of its type byte.</param>
    /// <param name="header">Its head.</param>
    /// <param name="isEarly">No RAM block is known yet.</param>
    /// <param name="end">Offset of the end of the package that holds it; -1 outside of one.</param>
    internal void Collect(long offset, in SectionHeader header, bool isEarly, long end)
    {
        if (_sections.Count == WireLimits.MaxSections)
            throw new WireException(offset, $"more than {WireLimits.MaxSections} device sections");
        if (end >= 0 && _input.Offset > end)
            throw new WireException(offset, $"the package ends at 0x{end:x}, within the head of section '{header.IdStr}'");
        Pending = (offset, header);
        int resumeAt = 0;
        int length;
        while (!Scanner.TryFindEnd(Window(end), _input.Offset, header.SectionId, IsWhole(end), ref resumeAt, out length))
            ReadMore(end);
        while (!IsWhole(end) && _input.Unread.Length < length + LookAheadBytes)
            ReadMore(end);
        SectionCut cut = SectionCut.Footer;
        if (Scanner.CountCandidates(Window(end), header.SectionId, IsWhole(end)) > 1)
        {
            int? told = _catalogue.Find(header, Window(end).ToArray(), IsWhole(end), hasFooter: true);
            cut = told is null ? SectionCut.Ambiguous : SectionCut.Catalogue;
            length = told ?? length;
        }
        byte[] body = _input.Unread[..length].ToArray();
        _input.Consume(length);
        int consumed;
        while (!ForwardReader.TryReadFooter(Window(end), _input.Offset, header.SectionId, out consumed))
            ReadMore(end);
        _input.Consume(consumed);
        _bytes += length;
        _sections.Add(new WalkedSection(offset, header.SectionId, header.IdStr!, header.InstanceId, header.VersionId, body, cut)
        {
            IsEarly = isEarly,
            IsPackaged = end >= 0,
        });
        Pending = null;
    }

    /// <summary>Notes the first section of a stream whose sections have no footers; its head was consumed.</summary>
    internal void BeginWithoutFooters(long offset, in SectionHeader header)
    {
        HasFooters = false;
        Pending = (offset, header);
    }

    /// <summary>Compares every cut with the description, and tells what does not agree.</summary>
    internal IReadOnlyList<WalkedSection> Judge(VMDescription description, IStateVisitor visitor)
    {
        IReadOnlyList<VMDescriptionEntry> entries = description.Entries;
        if (Agrees(_sections, entries))
            return [.. _sections.Select(section => section with { Cut = SectionCut.Confirmed })];
        if (_sections.Count > 0 && Recut(_sections[0].Offset, Rebuild(), entries) is { } cut)
            return cut;
        if (entries.Count != _sections.Count)
            visitor.Defect(new StateDefect(_input.Offset, $"{_sections.Count} device sections, the description lists {entries.Count}"));
        for (int i = 0; i < Math.Min(entries.Count, _sections.Count); i++)
        {
            WalkedSection section = _sections[i];
            VMDescriptionEntry entry = entries[i];
            if (entry.IdStr != section.IdStr || entry.InstanceId != section.InstanceId)
            {
                visitor.Defect(new StateDefect(
                    section.Offset, $"device section '{section.IdStr}' {section.InstanceId}, the description says '{entry.IdStr}' {entry.InstanceId}"));
                break;
            }
            if (entry.BodyBytes != section.Body.Length)
            {
                visitor.Defect(new StateDefect(
                    section.BodyOffset, $"section '{section.IdStr}' has {section.Body.Length} bytes, the description says {entry.BodyBytes}"));
            }
        }
        return _sections;
    }

    /// <summary>
    /// Takes the rest of the input as device sections whose lengths the description at its end tells, or the catalogue where there are no footers.
    /// Null when neither does; the input is then where it was, with all of it read.
    /// </summary>
    internal IReadOnlyList<WalkedSection>? TryRescue((long Offset, SectionHeader Header) began, out VMDescription? description, out byte[] text)
    {
        description = null;
        text = [];
        try
        {
            while (_input.ReadMore(WireLimits.MaxDeviceSectionBytes))
            {
            }
        }
        catch (WireException)
        {
            return null;
        }
        if (!TryFindDescription(_input.Unread, out int at))
            return HasFooters ? null : CutByCatalogue(began);
        text = _input.Unread[(at + 6)..].ToArray();
        try
        {
            description = VMDescription.Parse(text, _input.Offset + at + 6);
        }
        catch (WireException)
        {
            return null;
        }
        long offset = _sections.Count > 0 ? _sections[0].Offset : began.Offset;
        IReadOnlyList<WalkedSection>? cut = Recut(offset, From(began, _input.Unread[..at]), description.Entries);
        if (cut is not null)
            _input.Consume(_input.Unread.Length);
        return cut;
    }

    private List<WalkedSection>? CutByCatalogue((long Offset, SectionHeader Header) began)
    {
        List<WalkedSection>? sections = _catalogue.CutAll(began.Offset, From(began, _input.Unread), out (long Offset, SectionHeader Header) stuck);
        if (sections is not null)
            _input.Consume(_input.Unread.Length);
        else if (stuck.Header.IdStr is not null)
            Pending = stuck;
        return sections;
    }

    /// <summary>All sections so far, the head of the pending one, and what follows it.</summary>
    private byte[] From((long Offset, SectionHeader Header) began, ReadOnlySpan<byte> rest)
    {
        var bytes = new WireWriter();
        bytes.WriteBytes(Rebuild());
        ForwardWriter.WriteSectionStart(
            bytes, began.Header.Type, began.Header.SectionId, began.Header.IdStr!, began.Header.InstanceId, began.Header.VersionId);
        bytes.WriteBytes(rest);
        return bytes.WrittenSpan.ToArray();
    }

    private static bool Agrees(List<WalkedSection> sections, IReadOnlyList<VMDescriptionEntry> entries)
    {
        if (sections.Count != entries.Count)
            return false;
        for (int i = 0; i < sections.Count; i++)
        {
            if (sections[i].IdStr != entries[i].IdStr || sections[i].InstanceId != entries[i].InstanceId || sections[i].Body.Length != entries[i].BodyBytes)
                return false;
        }
        return true;
    }

    /// <summary>The sections as they stood in the stream, those behind a gap left out.</summary>
    private byte[] Rebuild()
    {
        var writer = new WireWriter();
        long next = _sections.Count > 0 ? _sections[0].Offset : 0;
        foreach (WalkedSection section in _sections)
        {
            if (section.Offset != next)
                break;
            ForwardWriter.WriteSectionStart(
                writer, SectionType.Full, section.SectionId, section.IdStr, section.InstanceId, section.VersionId);
            writer.WriteBytes(section.Body.Span);
            ForwardWriter.WriteFooter(writer, section.SectionId);
            next = section.EndOffset;
        }
        return writer.WrittenSpan.ToArray();
    }

    private List<WalkedSection>? Recut(long offset, ReadOnlySpan<byte> bytes, IReadOnlyList<VMDescriptionEntry> entries)
    {
        var cut = new List<WalkedSection>();
        int at = 0;
        try
        {
            foreach (VMDescriptionEntry entry in entries)
            {
                long begin = offset + at;
                if (!ForwardReader.TryReadSectionHeader(bytes[at..], begin, out SectionHeader header, out int head)
                    || header.IdStr != entry.IdStr || header.InstanceId != entry.InstanceId || bytes.Length - at - head < entry.BodyBytes)
                {
                    return null;
                }
                at += head;
                byte[] body = bytes.Slice(at, (int)entry.BodyBytes).ToArray();
                at += body.Length;
                int footer = 0;
                if (HasFooters && !ForwardReader.TryReadFooter(bytes[at..], offset + at, header.SectionId, out footer))
                    return null;
                at += footer;
                bool isSame = _sections.Exists(section => section.Offset == begin && section.Body.Length == body.Length);
                SectionCut how = isSame ? SectionCut.Confirmed : SectionCut.Description;
                cut.Add(new WalkedSection(begin, header.SectionId, header.IdStr, header.InstanceId, header.VersionId, body, how) { HasFooter = HasFooters });
            }
        }
        catch (WireException)
        {
            return null;
        }
        return at == bytes.Length ? cut : null;
    }

    /// <summary>The end mark with a description that reaches to the last byte.</summary>
    private static bool TryFindDescription(ReadOnlySpan<byte> rest, out int at)
    {
        ReadOnlySpan<byte> mark = [(byte)SectionType.Eof, (byte)SectionType.VMDescription];
        for (at = 0; ; at++)
        {
            int found = rest[at..].IndexOf(mark);
            if (found < 0 || rest.Length - at - found < 7)
                return false;
            at += found;
            if (BinaryPrimitives.ReadUInt32BigEndian(rest[(at + 2)..]) == (uint)(rest.Length - at - 6) && rest[at + 6] == (byte)'{')
                return true;
        }
    }

    private ReadOnlySpan<byte> Window(long end) =>
        end < 0 || end - _input.Offset >= _input.Unread.Length ? _input.Unread : _input.Unread[..(int)(end - _input.Offset)];

    private bool IsWhole(long end) => _input.IsAtEnd || (end >= 0 && end - _input.Offset <= _input.Unread.Length);

    private void ReadMore(long end)
    {
        if (IsWhole(end))
            throw new WireException(_input.Offset + Window(end).Length, "the stream ends within a device section");
        if (_bytes + _input.Unread.Length > WireLimits.MaxDeviceSectionBytes)
            throw new WireException(_input.Offset, $"more than {WireLimits.MaxDeviceSectionBytes} bytes of device state");
        _input.ReadMore();
    }
}
