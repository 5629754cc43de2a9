using Savevm.Machine.Ram;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Relay;

/// <summary>
/// Reads along while the beginning of a stream is carried, to know what the relay must know at the switch to postcopy: the RAM blocks, which of their
/// pages were discarded, and where the package begins. It changes nothing and refuses nothing: where it loses the thread it says so, and the bytes are
/// carried as they are. One thread.
/// </summary>
/// <param name="mostPages">The most RAM, in pages, of which account is kept.</param>
internal sealed class StreamFollower(long mostPages)
{
    private readonly List<RamBlock> blocks = [];
    private readonly List<byte[]> names = [];
    private readonly List<int> unitPages = [];
    private Step step = Step.Header;
    private PageBitmap[]? missing;
    private ulong unlisted;
    private int current = -1;
    private SectionHeader section;
    private bool? hasFooters;
    private bool isAdvised;

    private enum Step
    {
        Header,
        Configuration,
        Element,
        Body,
        BlockList,
        Footer,
    }

    /// <summary>How it stands after the last call of <see cref="Follow"/>.</summary>
    public FollowerState State { get; private set; }

    /// <summary>Why it is blind, when that is worth a word.</summary>
    public string? Reason { get; private set; }

    /// <summary>The source said that the destination shall answer.</summary>
    public bool HasReturnPath { get; private set; }

    /// <summary>The source may change to postcopy.</summary>
    public bool MayBePostcopy => isAdvised;

    /// <summary>The opening is over: what it says of return path and postcopy is all that will be said.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The blocks of the machine.</summary>
    public IReadOnlyList<RamBlock> Blocks => blocks;

    /// <summary>Target pages in a host page of each block.</summary>
    public IReadOnlyList<int> UnitPages => unitPages;

    /// <summary>Pages that the destination was told to forget and that were not sent since; null when it was told nothing.</summary>
    public IReadOnlyList<PageBitmap>? Missing => missing;

    /// <summary>The id of the RAM section.</summary>
    public uint? RamSectionId { get; private set; }

    /// <summary>Sections end with a footer.</summary>
    public bool HasFooters => hasFooters ?? true;

    /// <summary>Bytes of the package that comes next.</summary>
    public uint PackageBytes { get; private set; }

    /// <summary>Reads along as far as it understands. Returns the number of bytes that were understood; the rest must be shown again with more.</summary>
    public int Follow(ReadOnlySpan<byte> unread, long offset)
    {
        var position = 0;
        try
        {
            while (State == FollowerState.Follows)
            {
                var consumed = Advance(unread[position..], offset + position);
                if (consumed < 0) break;
                position += consumed;
            }
        }
        catch (WireException defect)
        {
            Stop($"the stream cannot be followed: {defect.Message}");
        }
        return position;
    }

    private void Stop(string? reason)
    {
        State = FollowerState.Blind;
        HasBegun = true;
        Reason = reason;
    }

    /// <summary>The next element; a negative number when the window is too short for it.</summary>
    private int Advance(ReadOnlySpan<byte> window, long offset) => step switch
    {
        Step.Header => ReadHeader(window, offset),
        Step.Configuration => ReadConfiguration(window, offset),
        Step.Element => ReadElement(window, offset),
        Step.Body => ReadRecord(window, offset),
        Step.BlockList => ReadBlock(window, offset),
        _ => ReadFooter(window, offset),
    };

    private int ReadHeader(ReadOnlySpan<byte> window, long offset)
    {
        if (!ForwardReader.TryReadHeader(window, offset, out var consumed)) return -1;
        step = Step.Configuration;
        return consumed;
    }

    private int ReadConfiguration(ReadOnlySpan<byte> window, long offset)
    {
        if (window.IsEmpty) return -1;
        step = Step.Element;
        if (window[0] != (byte)SectionType.Configuration) return 0;
        if (ForwardReader.TryReadConfiguration(window, offset, out _, out var consumed)) return consumed;
        step = Step.Configuration;
        return -1;
    }

    private int ReadElement(ReadOnlySpan<byte> window, long offset)
    {
        if (window.IsEmpty) return -1;
        var type = (SectionType)window[0];
        if (type == SectionType.Command) return ReadCommand(window, offset);
        HasBegun = true;
        // Devices come last where there is no postcopy, or before RAM begins; their sections have no length, and nothing of them concerns a relay.
        if (type is SectionType.Full or SectionType.Eof)
        {
            Stop(section.Type == SectionType.End || !isAdvised ? null : "the state of a device comes before the switch");
            return -1;
        }
        if (!ForwardReader.TryReadSectionHeader(window, offset, out var header, out var consumed)) return -1;
        if (header.Type == SectionType.Start && header.IdStr == "ram" && header.VersionId == 4) RamSectionId ??= header.SectionId;
        if (header.SectionId != RamSectionId)
        {
            Stop($"live state of {header.IdStr ?? "a device"} is not followed");
            return -1;
        }
        (section, step) = (header, Step.Body);
        return consumed;
    }

    private int ReadCommand(ReadOnlySpan<byte> window, long offset)
    {
        if (!ForwardReader.TryReadCommand(window, offset, out var command, out var consumed)) return -1;
        switch (command.Type)
        {
            case CommandType.OpenReturnPath:
                HasReturnPath = true;
                break;
            case CommandType.PostcopyAdvise when command.Payload.Length > 0:
                isAdvised = PostcopyAdvise.Parse(command.Payload, offset).PageSize == RamBlock.PageSize;
                if (!isAdvised) Stop($"pages of another size than {RamBlock.PageSize} bytes are not kept");
                break;
            case CommandType.PostcopyRamDiscard:
                Discard(RamDiscard.Parse(command.Payload, offset), offset);
                break;
            case CommandType.Packaged:
                PackageBytes = command.Value;
                if (HasReturnPath && isAdvised && missing is not null) State = FollowerState.AtPackage;
                else Stop("a package comes where none was expected");
                break;
            case CommandType.Ping or CommandType.SwitchoverStart or CommandType.PostcopyAdvise:
                break;
            default:
                Stop($"the command {command.Type} is not followed");
                break;
        }
        return consumed;
    }

    private int ReadRecord(ReadOnlySpan<byte> window, long offset)
    {
        if (!RamRecordReader.TryRead(window, offset, out var record, out var headerBytes)) return -1;
        switch (record.Kind)
        {
            case RamRecordKind.Page:
                if (window.Length < headerBytes + RamBlock.PageSize) return -1;
                Note(record, offset);
                return headerBytes + RamBlock.PageSize;
            case RamRecordKind.ZeroPage:
                Note(record, offset);
                return headerBytes;
            case RamRecordKind.Xbzrle or RamRecordKind.CompressedPage:
                if (!RamPayloadReader.TryRead(record.Kind, window[headerBytes..], offset + headerBytes, out _, out var payloadBytes)) return -1;
                Note(record, offset);
                return headerBytes + payloadBytes;
            case RamRecordKind.MemorySize:
                unlisted = record.Address;
                if (unlisted > 0) step = Step.BlockList;
                return headerBytes;
            case RamRecordKind.EndOfSection:
                step = Step.Footer;
                return headerBytes;
            case RamRecordKind.MultifdFlush:
                return headerBytes;
            default:
                throw new WireException(offset, $"a RAM record of kind {record.Kind}");
        }
    }

    private void Note(in RamRecord record, long offset)
    {
        if (!record.Continues && (current < 0 || !record.BlockName.SequenceEqual(names[current])))
        {
            current = names.Count - 1;
            while (current >= 0 && !record.BlockName.SequenceEqual(names[current])) current--;
        }
        if (current < 0 || record.Address >= (ulong)blocks[current].UsedLength) throw new WireException(offset, $"page 0x{record.Address:x} of no block");
        missing?[current].Clear((long)(record.Address / RamBlock.PageSize));
    }

    private int ReadBlock(ReadOnlySpan<byte> window, long offset)
    {
        if (!RamSetupReader.TryReadBlock(window, offset, StreamDialect.Default with { HasPostcopyPageSizes = isAdvised }, unlisted, out var block, out var consumed)) return -1;
        if (blocks.Count >= WireLimits.MaxRamBlocks || blocks.Exists(known => known.IdStr == block.IdStr))
            throw new WireException(offset, $"RAM block '{block.IdStr}' is listed twice");
        blocks.Add(new RamBlock(blocks.Count, block.IdStr, (long)block.UsedLength));
        names.Add(System.Text.Encoding.ASCII.GetBytes(block.IdStr));
        unitPages.Add((int)(block.PageSize / RamBlock.PageSize));
        unlisted -= block.UsedLength;
        if (unlisted == 0) step = Step.Body;
        return consumed;
    }

    private int ReadFooter(ReadOnlySpan<byte> window, long offset)
    {
        if (hasFooters is null)
        {
            if (!ForwardReader.TryDetectFooters(window, offset, out var detected)) return -1;
            hasFooters = detected;
        }
        var consumed = 0;
        if (hasFooters.Value && !ForwardReader.TryReadFooter(window, offset, section.SectionId, out consumed)) return -1;
        step = Step.Element;
        return consumed;
    }

    private void Discard(RamDiscard discard, long offset)
    {
        const ulong PageSize = RamBlock.PageSize;
        if (missing is null && blocks.Sum(known => known.PageCount) > mostPages)
        {
            Stop(HeldPages.TooMuch);
            return;
        }
        var block = blocks.Find(known => known.IdStr == discard.BlockName) ?? throw new WireException(offset, $"discard in the unknown block '{discard.BlockName}'");
        missing ??= [.. blocks.Select(known => new PageBitmap(known.PageCount))];
        if (missing.Length != blocks.Count) throw new WireException(offset, "the list of blocks grew after the first discard");
        current = -1;
        foreach (var range in discard.Ranges)
        {
            if (range.Length > (ulong)block.UsedLength || range.Start > (ulong)block.UsedLength - range.Length)
                throw new WireException(offset, $"discard of 0x{range.Length:x} bytes at 0x{range.Start:x} does not fit block '{block.IdStr}'");
            missing[block.Index].SetRange((long)(range.Start / PageSize), (long)(range.Length / PageSize));
        }
    }
}
