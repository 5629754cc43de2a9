using Savevm.Fuzz.Engine;
using Savevm.Wire;
using Savevm.Wire.Channels;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;

namespace Savevm.Fuzz.Targets;

/// <summary>The elements of the main stream, one behind the other, and the search for the end of a device section.</summary>
internal static class ForwardTargets
{
    private const uint Section = 2;

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("forward-elements", "header, configuration, section heads, footers, commands, description head", Elements, Seeds.ForwardElements),
        new("footer-scan", "the end of a device section", ScanFooter, Seeds.DeviceSections),
        new("subsections", "subsection heads", Subsections, Seeds.Subsections),
        new("channels", "what a connection carries", Recognise, () => Seeds.ForwardElements().Concat(Seeds.RamRecords())) { MaxBytes = 512 },
    ];

    private static void Elements(ReadOnlySpan<byte> input)
    {
        int cut = input.Length == 0 ? 0 : input[^1];
        for (int count = 0; input.Length > 0 && count < 64; count++)
        {
            int consumed = Element(input, cut);
            if (consumed == 0)
                return;
            input = input[consumed..];
        }
    }

    private static int Element(ReadOnlySpan<byte> window, int cut) => window[0] switch
    {
        (byte)'Q' => Promise.Element("header", window, ForwardReader.TryReadHeader, (_, writer) => ForwardWriter.WriteHeader(writer), cut),
        (byte)SectionType.Configuration => Promise.Element("configuration", window, TryReadConfiguration, RewriteConfiguration, cut),
        (byte)SectionType.Command => Promise.Element("command", window, TryReadCommand, RewriteCommand, cut),
        (byte)SectionType.VMDescription => Promise.Element("description head", window, TryReadDescriptionHead, null, cut),
        (byte)SectionType.Footer => Promise.Element("footer", window, TryReadFooter, (_, writer) => ForwardWriter.WriteFooter(writer, Section), cut),
        (byte)SectionType.Eof => 1,
        _ => Promise.Element("section head", window, TryReadSectionHead, RewriteSectionHead, cut),
    };

    private static bool TryReadConfiguration(ReadOnlySpan<byte> window, long offset, out int consumed)
    {
        if (!ForwardReader.TryReadConfiguration(window, offset, out ConfigurationRecord? record, out consumed))
            return false;
        Promise.That(record.MachineName.Length is > 0 and <= WireLimits.MaxMachineNameBytes, "configuration: the name has a legal length");
        Promise.That(record.Capabilities.Count <= WireLimits.MaxCapabilities, "configuration: not too many capabilities");
        StreamDialect dialect = StreamDialect.OfMachine(record.MachineName).With(record);
        Promise.That(dialect.TargetPageSize >= 1024, "configuration: pages have a size");
        return true;
    }

    private static void RewriteConfiguration(ReadOnlySpan<byte> window, WireWriter writer)
    {
        ForwardReader.TryReadConfiguration(window, 0, out ConfigurationRecord? record, out _);
        ForwardWriter.WriteConfiguration(writer, record!);

        // The order of subsections is the sender's; one made of the values must read as the same.
        ConfigurationRecord made = ConfigurationRecord.Create(record!.MachineName, record.Capabilities, record.TargetPageBits, record.Uuid);
        var again = new WireWriter();
        ForwardWriter.WriteConfiguration(again, made);
        again.WriteByte(0);
        Promise.That(
            ForwardReader.TryReadConfiguration(again.WrittenSpan, 0, out ConfigurationRecord? same, out _) && same.Uuid == record.Uuid
                && same.TargetPageBits == record.TargetPageBits && same.Capabilities.SequenceEqual(record.Capabilities),
            "configuration: made of its values it reads as the same");
    }

    private static bool TryReadCommand(ReadOnlySpan<byte> window, long offset, out int consumed)
    {
        if (!ForwardReader.TryReadCommand(window, offset, out CommandRecord? command, out consumed))
            return false;
        long payloadAt = offset + consumed - command.Payload.Length;
        if (command.Type == CommandType.PostcopyAdvise && command.Payload.Length > 0)
        {
            Promise.That(PostcopyAdvise.Parse(command.Payload, payloadAt).ToPayload().AsSpan().SequenceEqual(command.Payload), "advise: is written as it was read");
        }
        else if (command.Type == CommandType.PostcopyRamDiscard)
        {
            RamDiscard discard = RamDiscard.Parse(command.Payload, payloadAt);
            Promise.That(
                discard.Ranges.Count > RamDiscard.MaxRangesPerCommand || discard.ToPayload().AsSpan().SequenceEqual(command.Payload),
                "discard: is written as it was read");
        }
        else if (command.Type == CommandType.RecvBitmap)
        {
            Promise.That(command.BlockName.Length > 0, "recv-bitmap: names a block");
        }
        else if (command.Payload.Length == sizeof(uint))
        {
            Promise.That(command.Type != CommandType.Packaged || command.Value is > 0 and <= WireLimits.MaxPackagedBytes, "packaged: has a legal length");
        }
        return true;
    }

    private static void RewriteCommand(ReadOnlySpan<byte> window, WireWriter writer)
    {
        ForwardReader.TryReadCommand(window, 0, out CommandRecord? command, out _);
        ForwardWriter.WriteCommand(writer, command!.Type, command.Payload);
    }

    private static bool TryReadDescriptionHead(ReadOnlySpan<byte> window, long offset, out int consumed)
    {
        bool isDone = ForwardReader.TryReadDescriptionHeader(window, offset, out int length, out consumed);
        Promise.That(length is >= 0 and <= WireLimits.MaxDescriptionBytes, "description head: a legal length");
        return isDone;
    }

    private static bool TryReadFooter(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadFooter(window, offset, Section, out consumed);

    private static bool TryReadSectionHead(ReadOnlySpan<byte> window, long offset, out int consumed) =>
        ForwardReader.TryReadSectionHeader(window, offset, out _, out consumed);

    private static void RewriteSectionHead(ReadOnlySpan<byte> window, WireWriter writer)
    {
        ForwardReader.TryReadSectionHeader(window, 0, out SectionHeader head, out _);
        if (head.IdStr is { } name)
            ForwardWriter.WriteSectionStart(writer, head.Type, head.SectionId, name, head.InstanceId, head.VersionId);
        else
            ForwardWriter.WriteSectionPart(writer, head.Type, head.SectionId);
    }

    /// <summary>Fed in pieces the scanner finds the same place as fed at once; the first byte says how large the pieces are.</summary>
    private static void ScanFooter(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
            return;
        int piece = 1 + input[0];
        bool endOfInput = (input[1] & 1) != 0;
        ReadOnlySpan<byte> window = input[2..];
        int whole = Scan(window, window.Length, endOfInput, out string refusal);
        int pieces = Scan(window, piece, endOfInput, out string otherRefusal);
        Promise.That(whole == pieces && refusal == otherRefusal, "footer: pieces change nothing", $"{whole} {refusal}, {pieces} {otherRefusal}");
        Promise.That(whole <= window.Length - 5 || whole < 0, "footer: lies in the window", $"{whole}");
        int count = NewScanner().CountCandidates(window, Section, endOfInput);
        Promise.That(whole < 0 ? count == 0 || !endOfInput : count > 0, "footer: candidates are counted as they are found", $"{whole}, {count}");
    }

    /// <summary>The length; -1 when the window is too short or refused.</summary>
    private static int Scan(ReadOnlySpan<byte> window, int piece, bool endOfInput, out string refusal)
    {
        refusal = "";
        FooterScanner scanner = NewScanner();
        int resumeAt = 0;
        for (int length = Math.Min(piece, window.Length); ; length = Math.Min(length + piece, window.Length))
        {
            bool isLast = length == window.Length;
            try
            {
                if (scanner.TryFindEnd(window[..length], Promise.Offset, Section, endOfInput && isLast, ref resumeAt, out int bodyLength))
                    return bodyLength;
            }
            catch (WireException e)
            {
                refusal = e.Message;
                return -1;
            }
            Promise.That(resumeAt <= length, "footer: goes on in the window", $"{resumeAt} of {length}");
            if (isLast)
                return -1;
        }
    }

    private static FooterScanner NewScanner()
    {
        var scanner = new FooterScanner();
        scanner.NoteLiveSection(1);
        scanner.NoteDeviceSection(9);
        return scanner;
    }

    private static void Subsections(ReadOnlySpan<byte> input)
    {
        int at = 0;
        for (int count = 0; SubsectionReader.TryFindNext(input[at..], out int position, out SubsectionHeader header); count++)
        {
            Promise.That(header.Name.Length > 0 && position >= 0 && position < input.Length - at, "subsection: lies in the body");
            var writer = new WireWriter();
            SubsectionReader.Write(writer, System.Text.Encoding.ASCII.GetString(header.Name), header.Version);
            Promise.That(input[(at + position)..].StartsWith(writer.WrittenSpan), "subsection: is written as it was read");
            at += position + 1;
        }
        foreach (string parent in (string[])["", "a", "ide_drive", "0000:00:01.1/ide"])
        {
            for (int end = 0; end <= Math.Min(input.Length, 64); end++)
            {
                SubsectionLookAhead early = Look(input[..end], parent, endOfInput: false, out int first);
                SubsectionLookAhead late = Look(input, parent, endOfInput: true, out int second);
                Promise.That(early == SubsectionLookAhead.NeedsMore || (early == late && first == second), "subsection: what is seen first is true");
            }
        }
    }

    private static SubsectionLookAhead Look(ReadOnlySpan<byte> window, string parent, bool endOfInput, out int consumed)
    {
        SubsectionLookAhead found = SubsectionReader.LookAhead(window, System.Text.Encoding.ASCII.GetBytes(parent), endOfInput, out _, out consumed);
        Promise.That(consumed <= window.Length && consumed > 0 == (found == SubsectionLookAhead.Found), "subsection: consumes what is there");
        return found;
    }

    private static void Recognise(ReadOnlySpan<byte> input)
    {
        bool isKnown = ChannelRecognition.TryRecognise(input, out ChannelKind kind);
        for (int end = 0; end < Math.Min(input.Length, 300); end++)
        {
            if (ChannelRecognition.TryRecognise(input[..end], out ChannelKind early))
                Promise.That(isKnown && early == kind, "channel: what is seen first is true", $"{early} of {end} bytes, {kind} of all");
        }
    }
}
