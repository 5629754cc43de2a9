using System.Text;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests;

/// <summary>
/// A real postcopy conversation, both directions, without the contents of the pages: each element is read, written again from
/// what was read, and the whole compared with what QEMU had sent.
/// </summary>
public class PostcopyConversationTests
{
    private static readonly StreamDialect Dialect = new() { HasPostcopyPageSizes = true };

    private readonly byte[] _stream = GoldenStream.Load("q100-postcopy-live.forward.gz");
    private readonly WireWriter _rewritten = new();
    private readonly List<string> _commands = [];
    private readonly List<string> _packaged = [];
    private readonly List<RamSetupBlock> _blocks = [];
    private readonly Dictionary<RamRecordKind, int> _records = [];
    private ulong _discarded;
    private int _position;

    private ReadOnlySpan<byte> Window => _stream.AsSpan(_position);

    [Fact]
    public void The_main_stream_is_read_and_written_again_equal()
    {
        Assert.True(ForwardReader.TryReadHeader(Window, _position, out int consumed));
        ForwardWriter.WriteHeader(_rewritten);
        _position += consumed;
        Assert.True(ForwardReader.TryReadConfiguration(Window, _position, out ConfigurationRecord? configuration, out consumed));
        Assert.Equal("pc-i440fx-10.0", configuration.MachineName);
        ForwardWriter.WriteConfiguration(_rewritten, configuration.MachineName, configuration.Subsections);
        _position += consumed;
        while (_stream[_position] != (byte)SectionType.Eof)
        {
            if (_stream[_position] == (byte)SectionType.Command)
                RewriteCommand();
            else
                RewriteRamSection();
        }
        ForwardWriter.WriteEndOfFile(_rewritten);
        _position++;
        Assert.Equal(_stream.Length, _position);
        Assert.Equal(_stream, _rewritten.WrittenSpan);

        Assert.Equal("OPEN_RETURN_PATH PING(1) POSTCOPY_ADVISE SWITCHOVER_START", string.Join(' ', _commands[..4]));
        Assert.All(_commands[4..^3], c => Assert.Equal("POSTCOPY_RAM_DISCARD", c));
        Assert.Equal("PING(2) PACKAGED PING(4)", string.Join(' ', _commands[^3..]));
        Assert.Equal("POSTCOPY_LISTEN PING(3) POSTCOPY_RUN", string.Join(' ', _packaged));
        Assert.Equal(0x3000000UL, _blocks[0].UsedLength);
        Assert.Equal("pc.ram", _blocks[0].IdStr);
        Assert.Equal(6, _blocks.Count);
        Assert.Equal(5343, _records[RamRecordKind.Page]);
        Assert.Equal(7323, _records[RamRecordKind.ZeroPage]);
        Assert.InRange(_discarded, 0x1000UL, 0x3082000UL);
    }

    [Fact]
    public void The_return_path_is_read_and_written_again_equal()
    {
        byte[] messages = GoldenStream.Load("q100-postcopy-live.return.gz");
        var rewritten = new WireWriter();
        var values = new List<string>();
        int requests = 0;
        for (int position = 0; position < messages.Length;)
        {
            Assert.True(ReturnMessageReader.TryRead(messages.AsSpan(position), position, out ReturnMessage message, out int consumed));
            position += consumed;
            switch (message.Type)
            {
                case ReturnMessageType.Pong:
                    ReturnMessageWriter.WritePong(rewritten, message.Value);
                    values.Add($"PONG({message.Value})");
                    break;
                case ReturnMessageType.Shut:
                    ReturnMessageWriter.WriteShut(rewritten, message.Value);
                    values.Add($"SHUT({message.Value})");
                    break;
                default:
                    string? name = message.Type == ReturnMessageType.ReqPagesId ? Encoding.ASCII.GetString(message.BlockName) : null;
                    ReturnMessageWriter.WritePageRequest(rewritten, name, message.Start, message.Length);
                    requests++;
                    break;
            }
        }
        Assert.Equal(messages, rewritten.WrittenSpan);
        Assert.Equal(["PONG(1)", "PONG(2)", "PONG(4)", "PONG(3)", "SHUT(0)"], values);

        // Five messages of 8 bytes; the first request names its block in 7 bytes more than the 16 of the others.
        Assert.Equal((703 - 40 - 7) / 16, requests);
    }

    private void RewriteCommand()
    {
        Assert.True(ForwardReader.TryReadCommand(Window, _position, out CommandRecord? command, out int consumed));
        _position += consumed;
        string name = CommandTable.Find(command.Type)!.Name;
        _commands.Add(command.Type == CommandType.Ping ? $"{name}({command.Value})" : name);
        switch (command.Type)
        {
            case CommandType.Ping:
                ForwardWriter.WritePing(_rewritten, command.Value);
                break;
            case CommandType.PostcopyAdvise:
                PostcopyAdvise advise = PostcopyAdvise.Parse(command.Payload, 0);
                Assert.Equal(new PostcopyAdvise(0x1000, 0x1000), advise);
                ForwardWriter.WriteCommand(_rewritten, command.Type, advise.ToPayload());
                break;
            case CommandType.PostcopyRamDiscard:
                RamDiscard discard = RamDiscard.Parse(command.Payload, 0);
                foreach (RamRange range in discard.Ranges)
                    _discarded += range.Length;
                ForwardWriter.WriteCommand(_rewritten, command.Type, discard.ToPayload());
                break;
            case CommandType.Packaged:
                ForwardWriter.WritePackagedHeader(_rewritten, command.Value);
                RewritePackage(_position + (int)command.Value);
                break;
            default:
                ForwardWriter.WriteCommand(_rewritten, command.Type, command.Payload);
                break;
        }
    }

    private void RewritePackage(int end)
    {
        var scanner = new FooterScanner();
        int sections = 0;
        while (_position < end)
        {
            int consumed;
            ReadOnlySpan<byte> package = _stream.AsSpan(_position, end - _position);
            if (package[0] == (byte)SectionType.Command)
            {
                Assert.True(ForwardReader.TryReadCommand(package, _position, out CommandRecord? command, out consumed));
                string name = CommandTable.Find(command.Type)!.Name;
                _packaged.Add(command.Type == CommandType.Ping ? $"{name}({command.Value})" : name);
                ForwardWriter.WriteCommand(_rewritten, command.Type, command.Payload);
                _position += consumed;
                continue;
            }
            Assert.True(ForwardReader.TryReadSectionHeader(package, _position, out SectionHeader header, out consumed));
            Assert.Equal(SectionType.Full, header.Type);
            ReadOnlySpan<byte> body = package[consumed..];
            int resumeAt = 0;
            Assert.True(scanner.TryFindEnd(body, _position + consumed, header.SectionId, endOfInput: true, ref resumeAt, out int length));
            Assert.Equal(1, scanner.CountCandidates(body, header.SectionId, endOfInput: true));
            ForwardWriter.WriteSectionStart(
                _rewritten, header.Type, header.SectionId, header.IdStr!, header.InstanceId, header.VersionId);
            _rewritten.WriteBytes(body[..length]);
            ForwardWriter.WriteFooter(_rewritten, header.SectionId);
            _position += consumed + length + 5;
            sections++;
        }
        Assert.Equal(end, _position);
        Assert.Equal(31, sections);
    }

    private void RewriteRamSection()
    {
        Assert.True(ForwardReader.TryReadSectionHeader(Window, _position, out SectionHeader header, out int consumed));
        _position += consumed;
        if (header.Type == SectionType.Start)
            ForwardWriter.WriteSectionStart(_rewritten, header.Type, header.SectionId, header.IdStr!, header.InstanceId, header.VersionId);
        else
            ForwardWriter.WriteSectionPart(_rewritten, header.Type, header.SectionId);
        while (RewriteRamRecord())
        {
        }
        Assert.True(ForwardReader.TryReadFooter(Window, _position, header.SectionId, out consumed));
        _position += consumed;
        ForwardWriter.WriteFooter(_rewritten, header.SectionId);
    }

    private bool RewriteRamRecord()
    {
        Assert.True(RamRecordReader.TryRead(Window, _position, out RamRecord record, out int headerBytes));
        _position += headerBytes;
        _records[record.Kind] = _records.GetValueOrDefault(record.Kind) + 1;
        Span<byte> head = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 1];
        switch (record.Kind)
        {
            case RamRecordKind.EndOfSection:
                RamRecordWriter.WriteEndOfSection(_rewritten);
                return false;
            case RamRecordKind.MemorySize:
                ReadBlocks(record.Address);
                RamRecordWriter.WriteSetup(_rewritten, _blocks, Dialect);
                return true;
            case RamRecordKind.ZeroPage:
                _rewritten.WriteBytes(head[..RamRecordWriter.WriteZeroPage(head, record.Address, record.BlockName)]);
                return true;
            case RamRecordKind.Page:
                _rewritten.WriteBytes(head[..RamRecordWriter.WritePageHeader(head, record.Address, record.BlockName)]);
                return true;
            default:
                Assert.Fail($"record {record.Kind}");
                return false;
        }
    }

    private void ReadBlocks(ulong remaining)
    {
        while (remaining > 0)
        {
            Assert.True(RamSetupReader.TryReadBlock(Window, _position, Dialect, remaining, out RamSetupBlock? block, out int consumed));
            _position += consumed;
            remaining -= block.UsedLength;
            _blocks.Add(block);
        }
    }
}
