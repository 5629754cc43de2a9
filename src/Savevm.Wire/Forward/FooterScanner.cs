using System.Buffers.Binary;

namespace Savevm.Wire.Forward;

/// <summary>
/// Finds where the body of a device section ends. Device sections carry no length; only the device's own code or the
/// JSON description behind the stream knows it. What can be seen is the footer: the mark 0x7e with the section's own id,
/// followed by something that may follow a section.
/// </summary>
/// <remarks>
/// A body may hold such bytes by chance or by a guest's design. The first candidate is taken; check it against
/// <see cref="Descriptions.VMDescription"/> where there is one, and ask <see cref="CountCandidates"/> where there is none.
/// One scanner serves one stream; not for several threads at once.
/// </remarks>
public sealed class FooterScanner
{
    private const int FooterBytes = 5;
    private const int CommandHeaderBytes = 5;
    private const int DescriptionHeaderBytes = 5;
    private const int SectionIdBytes = 5;

    // No description in QEMU comes near it; random bytes do.
    private const uint MaxPlausibleVersion = 0xffff;

    private readonly HashSet<uint> _liveSections = [];
    private readonly HashSet<uint> _deviceSections = [];

    private enum Verdict
    {
        Refused,
        Plausible,
        NeedsMore,
    }

    /// <summary>Tells the id of a live section (START): its PART and END may follow any section, and no other device has its id.</summary>
    public void NoteLiveSection(uint id) => _liveSections.Add(id);

    /// <summary>Tells the id of a FULL section that was read: no later section has it. <see cref="TryFindEnd"/> notes its own.</summary>
    public void NoteDeviceSection(uint id) => _deviceSections.Add(id);

    /// <summary>Searches the end of a body.</summary>
    /// <param name="window">Bytes from the first byte of the body on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="sectionId">Id of the section, from its header.</param>
    /// <param name="endOfInput">
    /// Nothing follows the window: the stream, or the packaged stream, ends there. A sender that suppresses the description
    /// and waits for an answer behind the last byte looks like a window too short; when no more comes, call again with true.
    /// </param>
    /// <param name="resumeAt">
    /// Where to go on, as position in the window. Begin with 0 for each section; pass it back unchanged with the longer window.
    /// </param>
    /// <param name="bodyLength">Bytes of the body; the footer stands behind them.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">The input ends, or the limit is reached, and no end was found.</exception>
    public bool TryFindEnd(
        ReadOnlySpan<byte> window, long offset, uint sectionId, bool endOfInput, ref int resumeAt, out int bodyLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(resumeAt);
        _deviceSections.Add(sectionId);
        Verdict verdict = FindCandidate(window, sectionId, endOfInput, resumeAt, out int position);
        if (position > WireLimits.MaxDeviceSectionBytes)
        {
            throw new WireException(
                offset + WireLimits.MaxDeviceSectionBytes,
                $"no end of section {sectionId} within {WireLimits.MaxDeviceSectionBytes} bytes");
        }
        if (verdict == Verdict.Plausible)
        {
            bodyLength = position;
            resumeAt = 0;
            return true;
        }
        if (endOfInput)
            throw new WireException(offset + window.Length, $"the stream ends within section {sectionId}");
        bodyLength = 0;
        resumeAt = position;
        return false;
    }

    /// <summary>
    /// Counts the places in a window where a section may end. More than one within the bytes up to the next section means
    /// that the cut is a guess.
    /// </summary>
    /// <param name="window">Bytes from the first byte of the body on; at least the body, its footer and what follows.</param>
    /// <param name="sectionId">Id of the section.</param>
    /// <param name="endOfInput">Nothing follows the window.</param>
    public int CountCandidates(ReadOnlySpan<byte> window, uint sectionId, bool endOfInput)
    {
        int count = 0;
        int position = 0;
        while (FindCandidate(window, sectionId, endOfInput, position, out position) == Verdict.Plausible)
        {
            count++;
            position++;
        }
        return count;
    }

    /// <summary>Whether bytes may stand behind a section: the head of another one, a command, the end of the stream.</summary>
    /// <param name="next">Bytes from there on.</param>
    /// <param name="sectionId">Id of the section before them.</param>
    /// <param name="endOfInput">Nothing follows these bytes.</param>
    public bool MayFollow(ReadOnlySpan<byte> next, uint sectionId, bool endOfInput) => JudgeSuccessor(next, sectionId, endOfInput) == Verdict.Plausible;

    /// <summary>
    /// The next footer with a plausible successor. When more bytes are needed, <paramref name="position"/> is where to go on.
    /// </summary>
    private Verdict FindCandidate(ReadOnlySpan<byte> window, uint sectionId, bool endOfInput, int from, out int position)
    {
        Span<byte> footer = stackalloc byte[FooterBytes];
        footer[0] = (byte)SectionType.Footer;
        BinaryPrimitives.WriteUInt32BigEndian(footer[1..], sectionId);
        position = Math.Min(from, window.Length);
        while (true)
        {
            int found = window[position..].IndexOf(footer);
            if (found < 0)
            {
                // The footer's first bytes may be the window's last.
                position = Math.Max(position, window.Length - (FooterBytes - 1));
                return Verdict.NeedsMore;
            }
            position += found;
            Verdict verdict = JudgeSuccessor(window[(position + FooterBytes)..], sectionId, endOfInput);
            if (verdict == Verdict.Plausible || (verdict == Verdict.NeedsMore && !endOfInput))
                return verdict;
            position++;
        }
    }

    private Verdict JudgeSuccessor(ReadOnlySpan<byte> next, uint sectionId, bool endOfInput)
    {
        if (next.IsEmpty)
            return endOfInput ? Verdict.Plausible : Verdict.NeedsMore;
        return (SectionType)next[0] switch
        {
            SectionType.Start or SectionType.Full => JudgeHeader(next, sectionId),
            SectionType.Part or SectionType.End => JudgePart(next),
            SectionType.Command => JudgeCommand(next),
            SectionType.Eof => JudgeEnd(next, endOfInput),
            _ => Verdict.Refused,
        };
    }

    private Verdict JudgeHeader(ReadOnlySpan<byte> next, uint sectionId)
    {
        if (next.Length < SectionIdBytes)
            return Verdict.NeedsMore;
        uint id = BinaryPrimitives.ReadUInt32BigEndian(next[1..]);
        if (id == sectionId || _liveSections.Contains(id) || _deviceSections.Contains(id))
            return Verdict.Refused;
        if (next.Length == SectionIdBytes)
            return Verdict.NeedsMore;
        int length = next[SectionIdBytes];
        ReadOnlySpan<byte> rest = next[(SectionIdBytes + 1)..];
        if (length == 0 || !WireText.IsPrintable(rest[..Math.Min(length, rest.Length)]))
            return Verdict.Refused;
        int versionAt = length + sizeof(uint);
        if (rest.Length < versionAt + sizeof(uint))
            return Verdict.NeedsMore;
        uint version = BinaryPrimitives.ReadUInt32BigEndian(rest[versionAt..]);
        return version <= MaxPlausibleVersion ? Verdict.Plausible : Verdict.Refused;
    }

    private Verdict JudgePart(ReadOnlySpan<byte> next)
    {
        if (next.Length < SectionIdBytes)
            return Verdict.NeedsMore;
        uint id = BinaryPrimitives.ReadUInt32BigEndian(next[1..]);
        return _liveSections.Contains(id) ? Verdict.Plausible : Verdict.Refused;
    }

    private static Verdict JudgeCommand(ReadOnlySpan<byte> next)
    {
        if (next.Length < CommandHeaderBytes)
            return Verdict.NeedsMore;
        CommandRow? row = CommandTable.Find((CommandType)BinaryPrimitives.ReadUInt16BigEndian(next[1..]));
        return row is not null && row.AcceptsLength(BinaryPrimitives.ReadUInt16BigEndian(next[3..]))
            ? Verdict.Plausible
            : Verdict.Refused;
    }

    /// <summary>Behind the end mark stands nothing, or the description: empty or a JSON object.</summary>
    private static Verdict JudgeEnd(ReadOnlySpan<byte> next, bool endOfInput)
    {
        ReadOnlySpan<byte> description = next[1..];
        if (description.IsEmpty)
            return endOfInput ? Verdict.Plausible : Verdict.NeedsMore;
        if (description[0] != (byte)SectionType.VMDescription)
            return Verdict.Refused;
        if (description.Length < DescriptionHeaderBytes)
            return Verdict.NeedsMore;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(description[1..]);
        if (length == 0)
            return Verdict.Plausible;
        if (length > WireLimits.MaxDescriptionBytes)
            return Verdict.Refused;
        if (description.Length == DescriptionHeaderBytes)
            return Verdict.NeedsMore;
        return description[DescriptionHeaderBytes] == (byte)'{' ? Verdict.Plausible : Verdict.Refused;
    }
}
