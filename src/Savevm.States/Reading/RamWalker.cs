using System.Text;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Ram;

namespace Savevm.States.Reading;

/// <summary>Reads the bodies of the RAM section. Data plane: a page costs one call of the visitor and nothing else.</summary>
internal sealed class RamWalker(StateInput input, IStateVisitor visitor)
{
    // A record's word, its name, and the payload of one page with its own head.
    private const int RecordLimit = 1 << 14;
    private const int NoBlock = -1;

    private readonly StateInput _input = input;
    private readonly IStateVisitor _visitor = visitor;
    private readonly List<RamSetupBlock> _blocks = [];
    private readonly List<byte[]> _names = [];
    private int _current = NoBlock;
    private ulong _currentBytes;

    internal bool HasBlocks => _blocks.Count > 0;

    /// <summary>Reads records up to the one that ends the body.</summary>
    internal void ReadBody(StreamDialect dialect, bool passesMappedPages, CancellationToken cancellationToken)
    {
        while (!ReadWindow(dialect, passesMappedPages, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_input.ReadMore(RecordLimit + StateInput.DefaultWindowBytes))
                throw new WireException(_input.Offset + _input.Unread.Length, "the stream ends here, within the RAM section");
        }
    }

    /// <summary>Reads all records that the window holds whole. True when the body has ended.</summary>
    private bool ReadWindow(StreamDialect dialect, bool passesMappedPages, CancellationToken cancellationToken)
    {
        int at = 0;
        ReadOnlySpan<byte> window = _input.Unread;
        while (RamRecordReader.TryRead(window[at..], _input.Offset + at, out RamRecord record, out int headBytes))
        {
            long offset = _input.Offset + at;
            if (record.Kind == RamRecordKind.MemorySize)
            {
                _input.Consume(at + headBytes);
                ReadBlocks(offset, dialect, record.Address, passesMappedPages, cancellationToken);
                window = _input.Unread;
                at = 0;
                continue;
            }
            if (!RamPayloadReader.TryRead(record.Kind, window[(at + headBytes)..], offset + headBytes, out ReadOnlySpan<byte> payload, out int payloadBytes))
                break;
            at += headBytes + payloadBytes;
            switch (record.Kind)
            {
                case RamRecordKind.EndOfSection:
                    _input.Consume(at);
                    return true;
                case RamRecordKind.Hook or RamRecordKind.MultifdFlush:
                    break;
                default:
                    Page(offset, record, payload);
                    break;
            }
        }
        _input.Consume(at);
        return false;
    }

    private void Page(long offset, in RamRecord record, ReadOnlySpan<byte> payload)
    {
        if (!record.Continues)
            Enter(offset, record.BlockName);
        else if (_current == NoBlock && _blocks.Count == 0)
            throw new WireException(offset, "a page before the list of RAM blocks");
        if (record.Address < _currentBytes)
            _visitor.Page(offset, _current, (long)(record.Address / RamPayloadReader.PageBytes), record.Kind, payload);
        else if (_current != NoBlock)
            Complain(offset, $"page 0x{record.Address:x} of block '{_blocks[_current].IdStr}', which has 0x{_currentBytes:x} bytes");
        else
            Complain(offset, "a page of no known block");
    }

    private void Enter(long offset, ReadOnlySpan<byte> name)
    {
        _current = NoBlock;
        _currentBytes = 0;
        for (int i = 0; i < _names.Count; i++)
        {
            if (name.SequenceEqual(_names[i]))
            {
                _current = i;
                _currentBytes = _blocks[i].UsedLength;
                return;
            }
        }
        Complain(offset, $"block '{Encoding.ASCII.GetString(name)}' is not in the list of RAM blocks");
    }

    private void Complain(long offset, string finding) => _visitor.Defect(new StateDefect(offset, finding));

    private void ReadBlocks(long offset, StreamDialect dialect, ulong total, bool passesMappedPages, CancellationToken cancellationToken)
    {
        bool isFirst = _blocks.Count == 0;
        var mapped = new List<MappedRamWalker>();
        int index = 0;
        for (ulong remaining = total; remaining > 0; index++)
        {
            RamSetupBlock? block;
            int consumed;
            while (!RamSetupReader.TryReadBlock(_input.Unread, _input.Offset, dialect, remaining, out block, out consumed))
            {
                if (!_input.ReadMore(RecordLimit + StateInput.DefaultWindowBytes))
                    throw new WireException(_input.Offset, "the stream ends within the list of RAM blocks");
            }
            remaining -= block.UsedLength;
            if (isFirst)
                Add(_input.Offset, index, block);
            else if (index >= _blocks.Count || _blocks[index].IdStr != block.IdStr || _blocks[index].UsedLength != block.UsedLength)
                throw new WireException(_input.Offset, $"RAM block '{block.IdStr}' in a second list, which is another than the first");
            long header = _input.Offset + consumed - MappedRamHeader.HeaderBytes;
            _input.Consume(consumed);
            if (block.MappedRam is { IsIgnored: false } place)
            {
                mapped.Add(new MappedRamWalker(_input, _visitor, index, block, place));
                MappedRamWalker.Skip(_input, (long)place.GetNextPosition((ulong)header, block.UsedLength), block);
            }
        }
        long end = _input.Offset;
        if (!passesMappedPages)
        {
            foreach (MappedRamWalker walker in mapped)
                walker.Read(cancellationToken);
        }
        if (mapped.Count > 0)
            _input.Seek(end);
        if (!isFirst && index < _blocks.Count)
            Complain(offset, $"a second list of {index} RAM blocks, the first has {_blocks.Count}");
    }

    private void Add(long offset, int index, RamSetupBlock block)
    {
        if (index == WireLimits.MaxRamBlocks)
            throw new WireException(offset, $"more than {WireLimits.MaxRamBlocks} RAM blocks");
        if (_blocks.Exists(other => other.IdStr == block.IdStr))
            throw new WireException(offset, $"RAM block '{block.IdStr}' is listed twice");
        _blocks.Add(block);
        _names.Add(Encoding.ASCII.GetBytes(block.IdStr));
        _visitor.RamBlock(offset, index, block);
    }
}
