using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;
using Savevm.Wire.Ram;

namespace Savevm.States.Surveys;

/// <summary>
/// Everything that can be told of a stream in one pass without keeping its RAM. One survey for one stream.
/// </summary>
public sealed class StateSurvey : IStateVisitor
{
    /// <summary>More defects than a person reads are counted only.</summary>
    public const int MaxListedDefects = 1000;

    private const int MaxSections = 4096;

    private readonly List<SurveyedSection> _sections = [];
    private readonly List<StateDefect> _defects = [];
    private readonly List<MigratedBitmap> _bitmaps = [];
    private readonly RamCensus _ram;
    private long _sectionOffset;
    private string _sectionName = "";

    /// <param name="comparesPages">Tell how many pages are equal: every page is read for that.</param>
    public StateSurvey(bool comparesPages = false)
    {
        _ram = new RamCensus(comparesPages);
    }

    /// <summary>The configuration; null where the stream has none.</summary>
    public ConfigurationRecord? Configuration { get; private set; }

    /// <summary>Live sections and commands in stream order.</summary>
    public IReadOnlyList<SurveyedSection> Sections => _sections;

    /// <summary>Device sections in stream order.</summary>
    public IReadOnlyList<WalkedSection> Devices { get; private set; } = [];

    /// <summary>What the description says of the devices; null without one.</summary>
    public VMDescription? Description { get; private set; }

    /// <summary>The text of the description; empty without one.</summary>
    public ReadOnlyMemory<byte> DescriptionText { get; private set; }

    /// <summary>The dirty bitmaps of disks.</summary>
    public IReadOnlyList<MigratedBitmap> Bitmaps => _bitmaps;

    /// <summary>The RAM blocks with what the stream holds of them.</summary>
    public IReadOnlyList<BlockCensus> Blocks => _ram.Blocks;

    /// <summary>One page in so many was looked at to compare pages.</summary>
    public long SampledOneIn => _ram.SampledOneIn;

    /// <summary>Bytes of the stream; null where its end was not reached.</summary>
    public long? StreamEnd { get; private set; }

    /// <summary>What is not as it must be.</summary>
    public IReadOnlyList<StateDefect> Defects => _defects;

    /// <summary>Defects beyond those that are listed.</summary>
    public long UnlistedDefects { get; private set; }

    /// <summary>The stream is that of a postcopy.</summary>
    public bool IsPostcopy { get; private set; }

    /// <summary>How many different contents the pages have, and how many pages repeat one. To be asked once: the memory for it is given back.</summary>
    public (long Distinct, long Repeated) ComparePages() => _ram.Compare();

    /// <summary>The first pages of each block of which the stream says nothing.</summary>
    public IEnumerable<(RamSetupBlock Block, long First, long Count)> MissingPages() => _ram.Missing();

    /// <summary>Reads a stream. What cannot be read is in <see cref="Defects"/>.</summary>
    /// <param name="input">The stream, at its first byte.</param>
    /// <param name="dialect">What the stream does not say about itself; null for what its machine type suggests.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public void Read(StateInput input, StreamDialect? dialect, CancellationToken cancellationToken)
    {
        var walker = new StateWalker(input, this, dialect);
        try
        {
            walker.Run(cancellationToken);
        }
        catch (WireException)
        {
            // The visitor was told.
        }
        IsPostcopy = walker.IsPostcopy;
    }

    void IStateVisitor.Configuration(long offset, ConfigurationRecord configuration) => Configuration = configuration;

    void IStateVisitor.SectionBegins(long offset, in SectionHeader header, string idStr)
    {
        _sectionOffset = offset;
        _sectionName = idStr;
    }

    void IStateVisitor.SectionEnds(long offset, in SectionHeader header)
    {
        if (header.Type != SectionType.Full)
            Add(new SurveyedSection(_sectionOffset, header.Type, _sectionName, header.SectionId) { Bytes = offset - _sectionOffset });
    }

    void IStateVisitor.RamBlock(long offset, int index, RamSetupBlock block) => _ram.Add(offset, block);

    void IStateVisitor.Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload)
    {
        if (_ram.Note(offset, block, page, kind, payload) is { } finding)
            Defect(new StateDefect(offset, finding));
    }

    void IStateVisitor.DirtyBitmap(long offset, MigratedBitmap bitmap)
    {
        if (!_bitmaps.Contains(bitmap))
            _bitmaps.Add(bitmap);
    }

    void IStateVisitor.Command(long offset, CommandRecord command)
    {
        const int headBytes = 5;
        Add(new SurveyedSection(offset, SectionType.Command, CommandTable.Find(command.Type)!.Name, 0) { Bytes = headBytes + command.Payload.Length });
    }

    void IStateVisitor.Devices(IReadOnlyList<WalkedSection> sections, VMDescription? description)
    {
        Devices = sections;
        Description = description;
    }

    void IStateVisitor.End(long offset, ReadOnlyMemory<byte> description)
    {
        StreamEnd = offset;
        DescriptionText = description;
    }

    /// <inheritdoc/>
    public void Defect(StateDefect defect)
    {
        if (_defects.Count < MaxListedDefects)
            _defects.Add(defect);
        else
            UnlistedDefects++;
    }

    private void Add(SurveyedSection section)
    {
        if (_sections.Count > 0 && _sections[^1] is var last && last.Type == section.Type && last.Name == section.Name)
            _sections[^1] = last with { Bytes = last.Bytes + section.Bytes, Count = last.Count + 1 };
        else if (_sections.Count < MaxSections)
            _sections.Add(section);
    }
}
