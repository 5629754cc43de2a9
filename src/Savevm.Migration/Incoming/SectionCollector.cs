using Savevm.Machine.VMState;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Incoming;

/// <summary>
/// Cuts device sections out of the stream and keeps them raw. A FULL section carries no length: its end is the footer with
/// its own id that a plausible record follows. The description that trails the stream, where there is one, judges every cut.
/// </summary>
internal sealed class SectionCollector
{
    // How long a source may be silent right after what looks like the very end of its stream before we take it as the end:
    // a source without a description sends nothing more and waits for our SHUT.
    private static readonly TimeSpan EndSilence = TimeSpan.FromSeconds(5);

    private readonly FooterScanner scanner = new();
    private readonly List<DeviceSection> sections = [];
    private long collectedBytes;

    public IReadOnlyList<DeviceSection> Sections => sections;

    /// <summary>Tells a live section's id, whose PART and END may follow a device.</summary>
    public void NoteLiveSection(uint sectionId) => scanner.NoteLiveSection(sectionId);

    /// <summary>Reads body and footer of a FULL section whose header was consumed.</summary>
    public void Collect(ForwardWindow window, SectionHeader header, bool early)
    {
        if (sections.Count >= WireLimits.MaxSections) throw new WireException(window.Offset, $"more than {WireLimits.MaxSections} device sections");
        var resumeAt = 0;
        int bodyLength;
        var silent = false;
        while (!scanner.TryFindEnd(window.Unread, window.Offset, header.SectionId, window.AtEnd || silent, ref resumeAt, out bodyLength))
        {
            if (collectedBytes + window.Unread.Length > WireLimits.MaxDeviceSectionBytes)
                throw new WireException(window.Offset, $"the device state exceeds {WireLimits.MaxDeviceSectionBytes} bytes");
            if (LooksLikeTheEnd(window.Unread, header.SectionId) && !window.WaitForMore(EndSilence)) silent = true;
            else window.Fill(WireLimits.MaxDeviceSectionBytes);
        }
        collectedBytes += bodyLength;
        sections.Add(new DeviceSection(header.IdStr!, header.InstanceId, header.VersionId, header.SectionId, window.Unread[..bodyLength].ToArray()) { IsEarly = early });
        window.Consume(bodyLength);
    }

    /// <summary>The last bytes are the section's footer and an end mark.</summary>
    private static bool LooksLikeTheEnd(ReadOnlySpan<byte> unread, uint sectionId) =>
        unread is [.., (byte)SectionType.Footer, _, _, _, _, (byte)SectionType.Eof]
        && System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(unread[^5..]) == sectionId;

    /// <summary>
    /// Compares every cut with the description. Each disagreement is a sentence; the bytes are verbatim either way, and a replay
    /// is as good as the stream was.
    /// </summary>
    public IEnumerable<string> CompareWith(IReadOnlyList<VMDescriptionEntry> described)
    {
        if (described.Count != sections.Count)
        {
            yield return $"the description lists {described.Count} device sections, the stream has {sections.Count}";
            yield break;
        }
        for (var index = 0; index < sections.Count; index++)
        {
            var section = sections[index];
            var entry = described[index];
            if (entry.IdStr != section.IdStr || entry.InstanceId != section.InstanceId)
                yield return $"device section {index} is '{section.IdStr}' {section.InstanceId}, the description says '{entry.IdStr}' {entry.InstanceId}";
            else if (entry.BodyBytes != section.Body.Length)
                yield return $"device section '{section.IdStr}' was cut at {section.Body.Length} bytes, the description says {entry.BodyBytes}";
        }
    }
}
