using System.Runtime.InteropServices;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Compression;
using Savevm.Machine.VMState;
using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.States.Loading;

/// <summary>
/// Brings a saved state into a machine: pages to its RAM, devices to its device state. Strict: the first defect ends it, and what the machine
/// has taken by then is to be thrown away. One load per instance, on one thread.
/// </summary>
public sealed unsafe class StateLoader : IStateVisitor, IDisposable
{
    // Pages that the sink gathers before they are flushed.
    private const int StagedPages = 256;

    private readonly IRamSink _ram;
    private readonly IDeviceStateSink _devices;
    private readonly EarlierPages? _earlier;
    private readonly List<RamBlock> _blocks = [];
    private readonly List<RecordedCommand> _commands = [];
    private readonly byte* _staging;
    private readonly byte[] _page = new byte[RamBlock.PageSize];
    private IPageWriter? _writer;
    private ConfigurationRecord? _configuration;
    private IReadOnlyList<WalkedSection> _sections = [];
    private uint _ramSectionId;
    private int _staged;
    private bool _disposed;

    /// <param name="ram">Where the RAM goes.</param>
    /// <param name="devices">Where the devices go.</param>
    /// <param name="earlier">What pages were, for a stream with XBZRLE; null where there shall be none.</param>
    public StateLoader(IRamSink ram, IDeviceStateSink devices, EarlierPages? earlier = null)
    {
        ArgumentNullException.ThrowIfNull(ram);
        ArgumentNullException.ThrowIfNull(devices);
        _ram = ram;
        _devices = devices;
        _earlier = earlier;
        _staging = (byte*)NativeMemory.AlignedAlloc(StagedPages * RamBlock.PageSize, RamBlock.PageSize);
    }

    /// <summary>What was loaded beside RAM; null before <see cref="Load"/> has returned.</summary>
    public DeviceState? State { get; private set; }

    /// <summary>Reads a stream into the machine.</summary>
    /// <exception cref="WireException">The stream is damaged.</exception>
    /// <exception cref="EarlierPagesMissingException">It has XBZRLE pages, and there is no base for them.</exception>
    /// <exception cref="MachineRefusedException">The machine cannot take it.</exception>
    public void Load(StateInput input, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        new StateWalker(input, this).Run(cancellationToken);
        if (_sections.Count == 0)
            throw new WireException(input.Offset, "a stream without devices");
        if (!_sections[0].HasFooter)
            throw new MachineRefusedException("the machine type is one up to 2.3, whose streams have no footers: a snapshot cannot keep it");
        _writer?.Flush();
        _writer?.Dispose();
        _writer = null;
        State = State! with { Sections = [.. _sections.Select(ToSection)] };
        _devices.AcceptDevices(State);
    }

    void IStateVisitor.Configuration(long offset, ConfigurationRecord configuration)
    {
        _configuration = configuration;
        // What the file was, mapped or ignoring shared memory, is not what it becomes.
        _devices.AcceptConfiguration(configuration.MachineName, Subsections(configuration));
    }

    void IStateVisitor.SectionBegins(long offset, in SectionHeader header, string idStr)
    {
        if (header.Type == SectionType.Start && idStr == "ram")
            _ramSectionId = header.SectionId;
        else if (header.Type == SectionType.Start)
            throw new MachineRefusedException($"the state holds '{idStr}', which a snapshot cannot keep");
    }

    void IStateVisitor.RamBlock(long offset, int index, RamSetupBlock block)
    {
        if (block.MappedRam is { IsIgnored: true })
            throw new MachineRefusedException($"the memory of block '{block.IdStr}' is not in the file: it was shared, and the state was saved with x-ignore-shared");
        if (_writer is not null)
            throw new WireException(offset, "a RAM block behind the first page");
        _blocks.Add(new RamBlock(index, block.IdStr, (long)block.UsedLength));
    }

    void IStateVisitor.Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload)
    {
        IPageWriter writer = _writer ?? OpenWriter();
        switch (kind)
        {
            case RamRecordKind.ZeroPage:
                writer.WriteZeroPage(block, page);
                _earlier?.Store(block, page, default);
                return;
            case RamRecordKind.Page:
                Write(writer, block, page, payload);
                _earlier?.Store(block, page, payload);
                return;
            case RamRecordKind.CompressedPage:
                ZlibPage.Decode(payload, offset, _page);
                break;
            default:
                (_earlier ?? throw new EarlierPagesMissingException()).Apply(offset, block, page, payload, _page);
                break;
        }
        Write(writer, block, page, _page);
        _earlier?.Store(block, page, _page);
    }

    void IStateVisitor.Command(long offset, CommandRecord command)
    {
        if (_commands.Count < WireLimits.MaxSections)
            _commands.Add(new RecordedCommand((ushort)command.Type, command.Payload));
    }

    void IStateVisitor.Devices(IReadOnlyList<WalkedSection> sections, VMDescription? description) => _sections = sections;

    void IStateVisitor.End(long offset, ReadOnlyMemory<byte> description) => State = new DeviceState
    {
        MachineName = _configuration?.MachineName,
        ConfigurationSubsections = _configuration is { } configuration ? Subsections(configuration) : default,
        RamSectionId = _ramSectionId,
        Sections = [],
        Commands = _commands,
        Description = description,
    };

    void IStateVisitor.Defect(StateDefect defect) => throw new WireException(defect.Offset, defect.Finding);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _writer?.Dispose();
        NativeMemory.AlignedFree(_staging);
    }

    private static byte[] Subsections(ConfigurationRecord configuration) =>
        ConfigurationRecord.Create(configuration.MachineName, [], configuration.TargetPageBits, configuration.Uuid).Subsections;

    private static DeviceSection ToSection(WalkedSection section) =>
        new(section.IdStr, section.InstanceId, section.VersionId, section.SectionId, section.Body) { IsEarly = section.IsEarly };

    private IPageWriter OpenWriter()
    {
        _ram.DeclareBlocks(_blocks);
        return _writer = _ram.OpenWriter();
    }

    // The sink gathers pages where they lie, so they must stay where they are until it has been told to take them over.
    private void Write(IPageWriter writer, int block, long page, ReadOnlySpan<byte> bytes)
    {
        if (_staged == StagedPages)
        {
            writer.Flush();
            _staged = 0;
        }
        var place = new Span<byte>(_staging + (_staged++ * RamBlock.PageSize), RamBlock.PageSize);
        bytes.CopyTo(place);
        writer.WritePage(block, page, place);
    }
}
