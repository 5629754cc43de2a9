using System.Text;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Vectors;

/// <summary>
/// Reads a main stream with the real readers, makes the same lines as <see cref="SlowStreamReader"/>, and writes the stream again with
/// the real writers.
/// </summary>
internal sealed class StreamTranscript
{
    private readonly byte[] _stream;
    private readonly Dictionary<uint, string> _live = [];
    private readonly FooterScanner _scanner = new();
    private readonly DirtyBitmapTracker _bitmaps = new();
    private StreamDialect _dialect;
    private int _at;
    private int _end;
    private string? _block;

    private StreamTranscript(byte[] stream, int start, StreamDialect dialect)
    {
        _stream = stream;
        _end = stream.Length;
        _dialect = dialect;
        Rewritten.WriteBytes(stream.AsSpan(0, start));
        _at = start;
    }

    internal List<string> Lines { get; } = [];

    internal WireWriter Rewritten { get; } = new();

    internal IReadOnlyList<MigratedBitmap> Bitmaps => _bitmaps.Bitmaps;

    private ReadOnlySpan<byte> Window => _stream.AsSpan(_at, _end - _at);

    internal static StreamTranscript Read(byte[] stream, int start, StreamDialect dialect)
    {
        var transcript = new StreamTranscript(stream, start, dialect);
        try
        {
            transcript.ReadStream();
        }
        catch (EndOfStreamException)
        {
            transcript.Lines.Add("cut");
        }
        return transcript;
    }

    internal static StreamTranscript ReadPages(byte[] stream)
    {
        var transcript = new StreamTranscript(stream, 0, StreamDialect.Default);
        while (transcript._at < stream.Length)
            transcript.ReadRamRecord();
        return transcript;
    }

    private void ReadStream()
    {
        if ((byte)Need() == 'Q')
        {
            int at = Advance(ForwardReader.TryReadHeader(Window, _at, out int consumed), consumed);
            Say(at, "QEVM 3");
            ForwardWriter.WriteHeader(Rewritten);
            if (Need() == SectionType.Configuration)
                ReadConfiguration();
        }
        while (Need() != SectionType.Eof)
            ReadElement();
        Say(_at++, "EOF");
        ForwardWriter.WriteEndOfFile(Rewritten);
        if (_at == _end)
            return;
        int head = Advance(ForwardReader.TryReadDescriptionHeader(Window, _at, out int length, out int headBytes), headBytes);
        Assert.Equal(length, Window.Length);
        Say(head, $"VMDESCRIPTION {length} {Sum.Of(Window)}");
        ForwardWriter.WriteDescription(Rewritten, Window);
        VMDescription.Parse(Window, _at);
        _at = _end;
    }

    private void ReadConfiguration()
    {
        int at = Advance(ForwardReader.TryReadConfiguration(Window, _at, out ConfigurationRecord? record, out int consumed), consumed);
        Say(at, $"CONFIGURATION {record!.MachineName}");
        at += 5 + record.MachineName.Length;
        if (record.Capabilities.Count > 0)
        {
            Say(at, $" capabilities v1 {string.Join(',', record.Capabilities)}");
            at += SubsectionReader.HeaderBytes("configuration/capabilities".Length) + 4 + record.Capabilities.Sum(name => 1 + name.Length);
        }
        if (record.Uuid is { } uuid)
            Say(at, $" uuid v1 {uuid:n}");
        _dialect = _dialect.With(record);
        ForwardWriter.WriteConfiguration(
            Rewritten, ConfigurationRecord.Create(record.MachineName, record.Capabilities, record.TargetPageBits, record.Uuid));
    }

    private void ReadElement()
    {
        if (Need() == SectionType.Command)
        {
            ReadCommand();
            return;
        }
        int at = Advance(ForwardReader.TryReadSectionHeader(Window, _at, out SectionHeader header, out int consumed), consumed);
        string type = SectionTypeTable.Find(header.Type)!.Name;
        if (header.IdStr is null)
        {
            Say(at, $"{type} {header.SectionId}");
            ForwardWriter.WriteSectionPart(Rewritten, header.Type, header.SectionId);
        }
        else
        {
            Say(at, $"{type} {header.SectionId} {header.IdStr}/{header.InstanceId} v{header.VersionId}");
            ForwardWriter.WriteSectionStart(Rewritten, header.Type, header.SectionId, header.IdStr, header.InstanceId, header.VersionId);
        }
        if (header.Type == SectionType.Full)
            ReadDeviceBody(header.SectionId);
        else
            ReadLiveBody(header);
        Advance(ForwardReader.TryReadFooter(Window, _at, header.SectionId, out consumed), consumed);
        ForwardWriter.WriteFooter(Rewritten, header.SectionId);
    }

    private void ReadDeviceBody(uint id)
    {
        int resumeAt = 0;
        Assert.True(_scanner.TryFindEnd(Window, _at, id, endOfInput: true, ref resumeAt, out int length));
        Say(_at, $" body {length} {Sum.Of(Window[..length])}");
        Rewritten.WriteBytes(Window[..length]);
        _at += length;
    }

    private void ReadLiveBody(SectionHeader header)
    {
        if (header.IdStr is not null)
        {
            _live[header.SectionId] = header.IdStr;
            _scanner.NoteLiveSection(header.SectionId);
        }
        string name = _live.GetValueOrDefault(header.SectionId) ?? "ram";
        IterableKind? kind = IterableTable.Find(name)?.Kind;
        Assert.True(kind is IterableKind.Ram or IterableKind.DirtyBitmap);
        bool isRam = kind == IterableKind.Ram;
        while (isRam ? ReadRamRecord() : ReadBitmapChunk())
        {
        }
    }

    private bool ReadRamRecord()
    {
        int at = Advance(RamRecordReader.TryRead(Window, _at, out RamRecord record, out int headerBytes), headerBytes);
        if (!record.BlockName.IsEmpty)
            _block = Encoding.ASCII.GetString(record.BlockName);
        Span<byte> head = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 4];
        string page = $"{_block} 0x{record.Address:x}";
        switch (record.Kind)
        {
            case RamRecordKind.EndOfSection:
                Say(at, " EOS" + Surplus(record.Continues, record.Address));
                RamRecordWriter.WriteEndOfSection(Rewritten);
                return false;
            case RamRecordKind.MultifdFlush:
                Say(at, " MULTIFD_FLUSH" + Surplus(record.Continues, record.Address));
                RamRecordWriter.WriteMultifdFlush(Rewritten);
                return true;
            case RamRecordKind.ZeroPage:
                Say(at, $" ZERO {page} fill {record.Fill}");
                Rewritten.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, record.Address, record.BlockName)]);
                return true;
            case RamRecordKind.MemorySize:
                Say(at, $" MEM_SIZE 0x{record.Address:x}" + Surplus(record.Continues, 0));
                ReadBlocks(record.Address);
                return true;
        }
        if (!RamPayloadReader.TryRead(record.Kind, Window, _at, out ReadOnlySpan<byte> payload, out int consumed))
            throw new EndOfStreamException();
        int written;
        switch (record.Kind)
        {
            case RamRecordKind.Page:
                Say(at, $" PAGE {page} {Sum.Of(payload)}");
                written = RamRecordWriter.WritePageHeader(head, record.Address, record.BlockName);
                break;
            case RamRecordKind.Xbzrle:
                Say(at, $" XBZRLE {page} 1 {payload.Length} {Sum.Of(payload)}");
                written = RamRecordWriter.WriteXbzrleHeader(head, record.Address, record.BlockName, payload.Length);
                break;
            default:
                Say(at, $" COMPRESS_PAGE {page} {payload.Length} {Sum.Of(payload)}");
                written = RamRecordWriter.WriteCompressedHeader(head, record.Address, record.BlockName, payload.Length);
                break;
        }
        Rewritten.WriteBytes(head[..written]);
        Rewritten.WriteBytes(payload);
        _at += consumed;
        return true;
    }

    /// <summary>What a record's word says that nobody looks at.</summary>
    private static string Surplus(bool continues, ulong address) => (continues ? " CONTINUE" : "") + (address > 0 ? $" 0x{address:x}" : "");

    private void ReadBlocks(ulong total)
    {
        var blocks = new List<RamSetupBlock>();
        Rewritten.WriteUInt64(total | (ulong)RamFlags.MemSize);
        for (ulong remaining = total; remaining > 0;)
        {
            int at = Advance(RamSetupReader.TryReadBlock(Window, _at, _dialect, remaining, out RamSetupBlock? block, out int consumed), consumed);
            remaining -= block!.UsedLength;
            blocks.Add(block);
            RamRecordWriter.WriteSetupBlock(Rewritten, block, _dialect);
            string line = $"  block {block.IdStr} 0x{block.UsedLength:x}";
            if (block.GuestAddress is { } address)
                line += $" at 0x{address:x}";
            if (block.MappedRam is { } mapped)
                line += ReadMappedBlock(block, mapped, (ulong)(at + consumed - MappedRamHeader.HeaderBytes));
            Say(at, line);
        }
        if (!_dialect.HasMappedRam)
        {
            var again = new WireWriter();
            RamRecordWriter.WriteSetup(again, blocks, _dialect);
            Assert.Equal(Rewritten.WrittenSpan[^again.Length..], again.WrittenSpan);
        }
    }

    private string ReadMappedBlock(RamSetupBlock block, MappedRamHeader header, ulong headerPosition)
    {
        Assert.Equal(MappedRamHeader.Place(headerPosition, block.UsedLength), header);
        ReadOnlySpan<byte> bitmap = _stream.AsSpan((int)header.BitmapPosition, (int)MappedRamHeader.GetBitmapBytes(block.UsedLength));
        Pad(header.BitmapPosition);
        Rewritten.WriteBytes(bitmap);
        var pages = new List<string>();
        long pageCount = (long)(block.UsedLength / _dialect.TargetPageSize);
        for (long from = 0; PageBits.TryFindRun(bitmap, pageCount, ref from, out long first, out long count);)
        {
            for (long page = first; page < first + count; page++)
            {
                ulong position = header.PagesPosition + ((ulong)page * _dialect.TargetPageSize);
                ReadOnlySpan<byte> content = _stream.AsSpan((int)position, (int)_dialect.TargetPageSize);
                pages.Add($"{page}:{Sum.Of(content)}");
                Pad(position);
                Rewritten.WriteBytes(content);
            }
        }
        Assert.Equal(pages.Count, PageBits.CountSet(bitmap, pageCount));
        _at = (int)header.GetNextPosition(headerPosition, block.UsedLength);
        Pad((ulong)_at);
        return $" mapped 1 0x1000 bitmap 0x{header.BitmapPosition:x} pages 0x{header.PagesPosition:x} {string.Join(' ', pages)}".TrimEnd();
    }

    private void Pad(ulong position) => Rewritten.WriteBytes(new byte[(int)position - Rewritten.Length]);

    private bool ReadBitmapChunk()
    {
        int at = Advance(DirtyBitmapReader.TryRead(Window, _at, out DirtyBitmapChunk chunk, out int consumed), consumed);
        MigratedBitmap? bitmap = _bitmaps.Accept(chunk, at);
        string? node = chunk.NodeName.IsEmpty ? null : Encoding.ASCII.GetString(chunk.NodeName);
        string? name = chunk.BitmapName.IsEmpty ? null : Encoding.ASCII.GetString(chunk.BitmapName);
        string line = $" bitmap 0x{(uint)chunk.Flags:x2}";
        if (bitmap is not null)
            line += $" {bitmap.NodeName}/{bitmap.Name}";
        switch (chunk.Flags & (DirtyBitmapFlags.Start | DirtyBitmapFlags.Bits | DirtyBitmapFlags.Complete))
        {
            case DirtyBitmapFlags.Start:
                line += $" granularity {chunk.Granularity} flags {chunk.BitmapFlags}";
                DirtyBitmapWriter.WriteStart(Rewritten, node, name, chunk.Granularity, chunk.BitmapFlags);
                break;
            case DirtyBitmapFlags.Bits:
                line += $" sectors {chunk.FirstSector}+{chunk.SectorCount}";
                if (!chunk.Bits.IsEmpty)
                    line += $" bits {chunk.Bits.Length} {Sum.Of(chunk.Bits)}";
                DirtyBitmapWriter.WriteBits(Rewritten, node, name, chunk.FirstSector, chunk.SectorCount, chunk.Bits);
                break;
            case DirtyBitmapFlags.Complete:
                DirtyBitmapWriter.WriteComplete(Rewritten, node, name);
                break;
            default:
                DirtyBitmapWriter.WriteEnd(Rewritten);
                break;
        }
        Say(at, line);
        return !chunk.IsLast;
    }

    private void ReadCommand()
    {
        int at = Advance(ForwardReader.TryReadCommand(Window, _at, out CommandRecord? command, out int consumed), consumed);
        CommandRow row = CommandTable.Find(command!.Type)!;
        Say(at, $"COMMAND {row.Name} {Hex.Text(command.Payload)}".TrimEnd());
        switch (command.Type)
        {
            case CommandType.RecvBitmap:
                ForwardWriter.WriteRecvBitmap(Rewritten, command.BlockName);
                break;
            case CommandType.PostcopyAdvise when command.Payload.Length > 0:
                ForwardWriter.WriteCommand(Rewritten, command.Type, PostcopyAdvise.Parse(command.Payload, _at).ToPayload());
                break;
            case CommandType.PostcopyRamDiscard:
                ForwardWriter.WriteCommand(Rewritten, command.Type, RamDiscard.Parse(command.Payload, _at).ToPayload());
                break;
            default:
                ForwardWriter.WriteCommand(Rewritten, command.Type, command.Payload);
                break;
        }
        if (command.Type != CommandType.Packaged)
            return;
        int end = _end;
        _end = _at + (int)command.Value;
        while (_at < _end)
            ReadElement();
        _end = end;
    }

    private SectionType Need() => Window.IsEmpty ? throw new EndOfStreamException() : (SectionType)Window[0];

    /// <summary>Goes on behind what was read, and returns where it began.</summary>
    private int Advance(bool isWhole, int consumed)
    {
        if (!isWhole)
            throw new EndOfStreamException();
        _at += consumed;
        return _at - consumed;
    }

    private void Say(int at, string line) => Lines.Add($"{at:x6} {line}");
}
