using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Migration.Pages;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Outgoing;

/// <summary>
/// Composes everything of an outgoing stream that is not a page. Recorded sections are replayed verbatim, ids included.
/// Charts: <c>docs/wire-format.md</c>, 8.1, 8.2 and 8.4.
/// </summary>
internal sealed class ConversationWriter(DeviceState devices, IReadOnlyList<RamBlock> blocks, StreamDialect dialect)
{
    /// <summary>The destination's host pages; in postcopy both sides must agree on them.</summary>
    public required HostPages HostPages { get; init; }

    /// <summary>Values of our pings: they only need to differ.</summary>
    public const uint SetupPing = 1, BeforePackagePing = 2, BeforeRunPing = 3, AfterPackagePing = 4;

    /// <summary>Capabilities that the configuration announces, since the stream cannot be read without them.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Header to the end of the block list.</summary>
    public void WriteOpening(WireWriter output, bool openReturnPath, bool advisePostcopy)
    {
        WriteBeforeRam(output, openReturnPath, advisePostcopy);
        WriteBlockList(output, advisePostcopy);
        WriteStartEnding(output);
    }

    /// <summary>Header to the head of RAM's START.</summary>
    public void WriteBeforeRam(WireWriter output, bool openReturnPath, bool advisePostcopy)
    {
        ForwardWriter.WriteHeader(output);
        if (devices.MachineName is { } name) ForwardWriter.WriteConfiguration(output, name, Subsections(name));
        if (openReturnPath)
        {
            ForwardWriter.WriteCommand(output, CommandType.OpenReturnPath);
            ForwardWriter.WritePing(output, SetupPing);
        }
        if (advisePostcopy)
            ForwardWriter.WriteCommand(output, CommandType.PostcopyAdvise, new PostcopyAdvise(HostPages.Summary, RamBlock.PageSize).ToPayload());
        foreach (var section in devices.Sections.Where(section => section.IsEarly)) WriteDevice(output, section);
        ForwardWriter.WriteSectionStart(output, SectionType.Start, devices.RamSectionId, "ram", 0, 4);
    }

    /// <summary>The block list of RAM's START.</summary>
    public void WriteBlockList(WireWriter output, bool advisePostcopy)
    {
        var listed = blocks.Select(block => new RamSetupBlock(block.IdStr, (ulong)block.UsedLength, (ulong)HostPages.BytesOf(block.Index)));
        RamRecordWriter.WriteSetup(output, listed, dialect with { HasPostcopyPageSizes = advisePostcopy });
    }

    /// <summary>The end of RAM's START.</summary>
    public void WriteStartEnding(WireWriter output)
    {
        RamRecordWriter.WriteEndOfSection(output);
        ForwardWriter.WriteFooter(output, devices.RamSectionId);
    }

    /// <summary>
    /// A discard before the first page, of what nobody sent. With the first one QEMU stops to back its RAM by huge pages; until then each
    /// page that arrives takes two megabytes, most of which would have to be given back by the discards that follow.
    /// </summary>
    public void WriteFirstDiscard(WireWriter output) => WriteDiscard(output, blocks[0], [new RamRange(0, (ulong)blocks[0].UsedLength)]);

    /// <summary>
    /// The switch to postcopy: what was not sent is discarded, then the package. At least one discard must precede LISTEN, or QEMU takes
    /// pages for precopy pages and waits for itself for ever.
    /// </summary>
    public void WriteSwitchToPostcopy(WireWriter output, SentPages sent)
    {
        foreach (var block in blocks) WriteDiscards(output, block, sent);
        ForwardWriter.WritePing(output, BeforePackagePing);
        var package = new WireWriter();
        ForwardWriter.WriteCommand(package, CommandType.PostcopyListen);
        foreach (var section in devices.Sections.Where(section => !section.IsEarly)) WriteDevice(package, section);
        ForwardWriter.WritePing(package, BeforeRunPing);
        ForwardWriter.WriteCommand(package, CommandType.PostcopyRun);
        ForwardWriter.WritePackagedHeader(output, (uint)package.Length);
        output.WriteBytes(package.WrittenSpan);
        ForwardWriter.WritePing(output, AfterPackagePing);
    }

    /// <summary>The machine stands still now.</summary>
    public static void WriteSwitchoverStart(WireWriter output) => ForwardWriter.WriteCommand(output, CommandType.SwitchoverStart);

    /// <summary>The end of RAM, the devices and the description of a stream without postcopy.</summary>
    public void WritePrecopyEnding(WireWriter output)
    {
        WriteStoppedState(output);
        WriteEnd(output);
    }

    /// <summary>The end of RAM and the devices: all that the destination needs, without the mark that lets it begin.</summary>
    public void WriteStoppedState(WireWriter output)
    {
        WriteRamEnd(output);
        WriteDevices(output);
    }

    /// <summary>The devices alone, as they follow RAM in a background snapshot.</summary>
    public void WriteDevices(WireWriter output)
    {
        foreach (var section in devices.Sections.Where(section => !section.IsEarly)) WriteDevice(output, section);
    }

    /// <summary>The mark after which the destination takes the machine over, and the description.</summary>
    public void WriteEnd(WireWriter output)
    {
        ForwardWriter.WriteEndOfFile(output);
        // QEMU waits for a description after the end mark; an empty one is legal.
        ForwardWriter.WriteDescription(output, devices.Description.Span);
    }

    /// <summary>The end of a stream in postcopy, where neither devices nor a description follow.</summary>
    public void WritePostcopyEnding(WireWriter output)
    {
        WriteRamEnd(output);
        ForwardWriter.WriteEndOfFile(output);
    }

    /// <summary>The recorded subsections, unless capabilities are to be announced: those they may speak of were another stream's.</summary>
    private ReadOnlySpan<byte> Subsections(string name)
    {
        var recorded = devices.ConfigurationSubsections.Span;
        if (Capabilities.Count == 0) return recorded;
        var window = new WireWriter();
        ForwardWriter.WriteConfiguration(window, name, recorded);
        window.WriteByte((byte)SectionType.Eof);
        return ForwardReader.TryReadConfiguration(window.WrittenSpan, 0, out var record, out _)
            ? ConfigurationRecord.Create(name, Capabilities, record.TargetPageBits, record.Uuid).Subsections
            : throw new WireException(0, "the configuration's subsections are cut off");
    }

    private static void WriteDiscards(WireWriter output, RamBlock block, SentPages sent)
    {
        var ranges = new List<RamRange>();
        for (var page = sent.NextUnclaimed(block.Index, 0); page < block.PageCount;)
        {
            var end = sent.NextClaimed(block.Index, page);
            ranges.Add(new RamRange((ulong)page * RamBlock.PageSize, (ulong)(end - page) * RamBlock.PageSize));
            page = sent.NextUnclaimed(block.Index, end);
        }
        foreach (var some in ranges.Chunk(RamDiscard.MaxRangesPerCommand)) WriteDiscard(output, block, some);
    }

    private static void WriteDiscard(WireWriter output, RamBlock block, IReadOnlyList<RamRange> ranges) =>
        ForwardWriter.WriteCommand(output, CommandType.PostcopyRamDiscard, new RamDiscard(block.IdStr, ranges).ToPayload());

    /// <summary>The END section of RAM.</summary>
    public void WriteRamEnd(WireWriter output)
    {
        ForwardWriter.WriteSectionPart(output, SectionType.End, devices.RamSectionId);
        RamRecordWriter.WriteEndOfSection(output);
        ForwardWriter.WriteFooter(output, devices.RamSectionId);
    }

    private static void WriteDevice(WireWriter output, DeviceSection section)
    {
        ForwardWriter.WriteSectionStart(output, SectionType.Full, section.SectionId, section.IdStr, section.InstanceId, section.VersionId);
        output.WriteBytes(section.Body.Span);
        ForwardWriter.WriteFooter(output, section.SectionId);
    }
}
