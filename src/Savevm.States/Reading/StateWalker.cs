using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;

namespace Savevm.States.Reading;

/// <summary>
/// Reads a saved stream from its beginning to its end and tells a visitor what is in it. It keeps nothing of RAM; it keeps the device
/// sections until the description behind them has judged where they end. One walk per instance, on one thread.
/// </summary>
public sealed class StateWalker
{
    private const int ControlLimit = WireLimits.MaxIdStrBytes + 64;
    private const int CommandLimit = ushort.MaxValue + 8;

    private readonly StateInput _input;
    private readonly IStateVisitor _visitor;
    private readonly Dictionary<uint, string> _live = [];
    private readonly DeviceCollector _devices;
    private readonly RamWalker _ram;
    private readonly LiveWalker _others;
    private bool? _hasFooters;
    private bool _isPostcopy;
    private long _packageEnd = -1;

    /// <param name="input">The stream, at its first byte.</param>
    /// <param name="visitor">Who is told.</param>
    /// <param name="dialect">What the stream does not say about itself; null for what its machine type suggests.</param>
    public StateWalker(StateInput input, IStateVisitor visitor, StreamDialect? dialect = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(visitor);
        _input = input;
        _visitor = visitor;
        Dialect = dialect ?? StreamDialect.Default with { HasPostcopyPageSizes = true };
        _devices = new DeviceCollector(input);
        _ram = new RamWalker(input, visitor);
        _others = new LiveWalker(input, visitor, _devices.Scanner);
    }

    /// <summary>What is known of the stream's dialect so far.</summary>
    public StreamDialect Dialect { get; private set; }

    /// <summary>
    /// Pages of a mapped-ram file are passed over, with their bitmaps: for who reads them from their places, which the block list tells. That the file
    /// is long enough for them is checked.
    /// </summary>
    public bool PassesMappedPages { get; init; }

    /// <summary>The longest description that is read, in bytes: for who knows how much it can have to say.</summary>
    public int MaxDescriptionBytes { get; init; } = WireLimits.MaxDescriptionBytes;

    /// <summary>The stream is that of a postcopy: RAM follows the devices, and there is no description.</summary>
    public bool IsPostcopy => _isPostcopy;

    /// <summary>Reads the stream.</summary>
    /// <param name="cancellationToken">Looked at between records.</param>
    /// <exception cref="WireException">The stream cannot be read further; the visitor was told the same.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        try
        {
            ReadHeader();
            while (PeekType() != SectionType.Eof)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadElement(cancellationToken);
            }
            ReadEnd();
        }
        catch (WireException) when (TryRescue())
        {
            // The description told where the sections end.
        }
        catch (WireException) when (!_devices.HasFooters && _devices.Pending is { } stuck)
        {
            WireException defect = new(stuck.Offset, $"a stream without footers, and nothing tells where section '{stuck.Header.IdStr}' ends");
            _visitor.Devices([], null);
            _visitor.Defect(new StateDefect(defect.Offset, defect.Reason));
            throw defect;
        }
        catch (WireException defect)
        {
            _visitor.Devices(_devices.Sections, null);
            _visitor.Defect(new StateDefect(defect.Offset, defect.Reason));
            throw;
        }
    }

    private void ReadHeader()
    {
        int consumed;
        while (!ForwardReader.TryReadHeader(_input.Unread, _input.Offset, out consumed))
            Need(ControlLimit);
        _input.Consume(consumed);
        if (PeekType() != SectionType.Configuration)
            return;
        ConfigurationRecord? configuration;
        while (!ForwardReader.TryReadConfiguration(_input.Unread, _input.Offset, out configuration, out consumed))
            Need(WireLimits.MaxDescriptionBytes);
        StreamDialect machine = StreamDialect.OfMachine(configuration.MachineName);
        Dialect = (Dialect with { HasFooters = machine.HasFooters }).With(configuration);
        // Addresses look like page sizes; nobody has both in a file.
        if (Dialect.HasGuestAddresses)
            Dialect = Dialect with { HasPostcopyPageSizes = false };
        if (Dialect.TargetPageBits != StreamDialect.Default.TargetPageBits)
            throw new WireException(_input.Offset, $"pages of {Dialect.TargetPageSize} bytes; only {StreamDialect.Default.TargetPageSize} are known");
        _devices.Machine = configuration.MachineName;
        _visitor.Configuration(_input.Offset, configuration);
        _input.Consume(consumed);
    }

    private void ReadElement(CancellationToken cancellationToken)
    {
        SectionType type = PeekType();
        if (type is SectionType.Start or SectionType.Part or SectionType.End or SectionType.Full)
            ReadSection(cancellationToken);
        else if (type == SectionType.Command)
            ReadCommand(cancellationToken);
        else
            throw new WireException(_input.Offset, $"byte 0x{(byte)type:x2} where a section was expected");
    }

    private void ReadSection(CancellationToken cancellationToken)
    {
        long at = _input.Offset;
        SectionHeader header;
        int consumed;
        while (!ForwardReader.TryReadSectionHeader(_input.Unread, at, out header, out consumed))
            Need(ControlLimit);
        if (header.Type == SectionType.Full)
        {
            if (_hasFooters == false)
            {
                // All that follows are such sections: the description behind them, or the catalogue, cuts them at once.
                _input.Consume(consumed);
                _devices.BeginWithoutFooters(at, header);
                throw new WireException(at, "a stream without footers: where its device sections end cannot be told");
            }
            _visitor.SectionBegins(at, header, header.IdStr!);
            _input.Consume(consumed);
            _devices.Collect(at, header, isEarly: !_ram.HasBlocks, _packageEnd);
            _visitor.SectionEnds(_input.Offset, header);
            return;
        }
        string idStr = FindLive(at, header);
        _visitor.SectionBegins(at, header, idStr);
        _input.Consume(consumed);
        IterableRow? row = IterableTable.Find(idStr);
        if (header.Type == SectionType.Start && row is not null && header.VersionId != row.Version)
            _visitor.Defect(new StateDefect(at, $"version {header.VersionId} of section '{idStr}', known is {row.Version}"));
        if (row?.Kind == IterableKind.Ram)
            _ram.ReadBody(Dialect, PassesMappedPages, cancellationToken);
        else
            _others.ReadBody(row?.Kind, header.SectionId, cancellationToken);
        ReadFooter(header);
        _visitor.SectionEnds(_input.Offset, header);
    }

    private string FindLive(long at, in SectionHeader header)
    {
        if (header.Type != SectionType.Start)
        {
            return _live.GetValueOrDefault(header.SectionId)
                ?? throw new WireException(at, $"section {header.SectionId} goes on, but it never began");
        }
        if (!_live.TryAdd(header.SectionId, header.IdStr!))
            throw new WireException(at, $"section {header.SectionId} begins twice");
        if (_live.Count > WireLimits.MaxSections)
            throw new WireException(at, $"more than {WireLimits.MaxSections} live sections");
        _devices.Scanner.NoteLiveSection(header.SectionId);
        return header.IdStr!;
    }

    private void ReadFooter(in SectionHeader header)
    {
        if (_hasFooters is null)
        {
            bool found;
            while (!ForwardReader.TryDetectFooters(_input.Unread, _input.Offset, out found))
                Need(ControlLimit);
            _hasFooters = found;
            Dialect = Dialect with { HasFooters = found };
        }
        if (_hasFooters == false)
            return;
        int consumed;
        while (!ForwardReader.TryReadFooter(_input.Unread, _input.Offset, header.SectionId, out consumed))
            Need(ControlLimit);
        _input.Consume(consumed);
    }

    private void ReadCommand(CancellationToken cancellationToken)
    {
        long at = _input.Offset;
        CommandRecord? command;
        int consumed;
        while (!ForwardReader.TryReadCommand(_input.Unread, at, out command, out consumed))
            Need(CommandLimit);
        if (_packageEnd >= 0 && command.Type == CommandType.Packaged)
            throw new WireException(at, "a package within a package");
        _input.Consume(consumed);
        _visitor.Command(at, command);
        if (command.Type == CommandType.PostcopyRamDiscard)
            RamDiscard.Parse(command.Payload, at);
        if (command.Type != CommandType.Packaged)
            return;
        _isPostcopy = true;
        _packageEnd = _input.Offset + command.Value;
        while (_input.Offset < _packageEnd)
            ReadElement(cancellationToken);
        if (_input.Offset > _packageEnd)
            throw new WireException(at, $"the package ends at 0x{_packageEnd:x}, within what it holds");
        _packageEnd = -1;
    }

    private void ReadEnd()
    {
        _input.Consume(1);
        byte[] text = [];
        VMDescription? description = null;
        // Behind a postcopy's end nothing follows; a source that keeps silent has said all.
        if (!_isPostcopy && _input.Require(1) && (SectionType)_input.Unread[0] == SectionType.VMDescription)
            text = ReadDescription(out description);
        if (_input.Require(1))
            _visitor.Defect(new StateDefect(_input.Offset, $"bytes behind the end of the stream, the first is 0x{_input.Unread[0]:x2}"));
        Finish(description, text);
    }

    private byte[] ReadDescription(out VMDescription? description)
    {
        int length;
        int consumed;
        while (!ForwardReader.TryReadDescriptionHeader(_input.Unread, _input.Offset, out length, out consumed))
            Need(ControlLimit);
        _input.Consume(consumed);
        long at = _input.Offset;
        if (length > MaxDescriptionBytes)
            throw new WireException(at, $"a description of {length} bytes, {MaxDescriptionBytes} at most");
        if (!_input.Require(length))
            throw new WireException(at, $"the stream ends after {_input.Unread.Length} of {length} bytes of the description");
        byte[] text = _input.Unread[..length].ToArray();
        _input.Consume(length);
        description = null;
        try
        {
            // Of length zero: the sender has none.
            description = length == 0 ? null : VMDescription.Parse(text, at);
        }
        catch (WireException defect)
        {
            _visitor.Defect(new StateDefect(defect.Offset, defect.Reason));
        }
        return text;
    }

    private void Finish(VMDescription? description, byte[] text)
    {
        IReadOnlyList<WalkedSection> sections = description is null ? _devices.Sections : _devices.Judge(description, _visitor);
        _visitor.Devices(sections, description);
        _visitor.End(_input.Offset, text);
    }

    /// <summary>
    /// A section that cannot be cut by footers can be cut by the description, if there is one: it is looked for at the end of the input.
    /// </summary>
    private bool TryRescue()
    {
        if (_devices.Pending is not { } began || _packageEnd >= 0)
            return false;
        if (_devices.TryRescue(began, out VMDescription? description, out byte[] text) is not { } sections)
            return false;
        _visitor.Devices(sections, description);
        _visitor.End(_input.Offset, text);
        return true;
    }

    private SectionType PeekType()
    {
        while (_input.Unread.IsEmpty)
            Need(ControlLimit);
        return (SectionType)_input.Unread[0];
    }

    private void Need(int limit)
    {
        if (!_input.ReadMore(limit))
            throw new WireException(_input.Offset + _input.Unread.Length, "the stream ends here, which is too early");
    }
}
