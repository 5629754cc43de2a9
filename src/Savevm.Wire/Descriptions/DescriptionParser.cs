using System.Text.Json;

namespace Savevm.Wire.Descriptions;

/// <summary>
/// Turns the text into nodes, in one pass. Keys may repeat: a container field repeats <c>vmsd_name</c>, <c>version</c> and
/// <c>fields</c> for each of its elements, and each repetition begins another structure. Keys that say nothing are skipped
/// with their values, whatever these are.
/// </summary>
internal ref struct DescriptionParser
{
    private const int FirstCapacity = 256;

    private readonly ReadOnlySpan<byte> _text;
    private readonly long _offset;
    private readonly List<DescribedDeviceRow> _devices = [];
    private Utf8JsonReader _reader;
    private DescriptionNode[] _nodes = [];
    private int _count;

    internal DescriptionParser(ReadOnlySpan<byte> text, long offset)
    {
        _text = text;
        _offset = offset;
        _reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = WireLimits.MaxDescriptionDepth });
    }

    /// <summary>The devices, in the order of the text.</summary>
    internal readonly List<DescribedDeviceRow> Devices => _devices;

    /// <summary>All nodes.</summary>
    internal readonly DescriptionNode[] Nodes => _nodes;

    /// <summary>The structure of the configuration section, or None.</summary>
    internal int Configuration { get; private set; } = DescriptionNode.None;

    /// <summary>The target page size, where the text tells it.</summary>
    internal long? PageSize { get; private set; }

    /// <summary>Reads the whole text.</summary>
    internal void Run()
    {
        try
        {
            ReadTop();
            if (_reader.Read())
                throw Defect("text behind the object");
        }
        catch (JsonException e)
        {
            throw new WireException(_offset + _reader.BytesConsumed, $"description is not JSON: {e.Message}");
        }
        Array.Resize(ref _nodes, _count);
    }

    private void ReadTop()
    {
        Advance();
        Require(JsonTokenType.StartObject);
        while (NextProperty(out DescriptionKey key))
        {
            switch (key)
            {
                case DescriptionKey.Configuration:
                    Advance();
                    Require(JsonTokenType.StartObject);
                    Configuration = ReadStruct(isSubsection: false);
                    break;
                case DescriptionKey.PageSize:
                    PageSize = ReadNumber(long.MaxValue);
                    break;
                case DescriptionKey.Devices:
                    Advance();
                    Require(JsonTokenType.StartArray);
                    while (NextElement())
                    {
                        if (_devices.Count == WireLimits.MaxSections)
                            throw Defect("too many devices");
                        ReadDevice();
                    }
                    break;
                default:
                    SkipValue();
                    break;
            }
        }
    }

    private void ReadDevice()
    {
        int node = Add();
        var row = new DescribedDeviceRow { Struct = node };
        bool hasName = false;
        bool hasInstance = false;
        while (NextProperty(out DescriptionKey key))
        {
            switch (key)
            {
                case DescriptionKey.Name:
                    (row.NameStart, row.NameLength) = ReadName("name");
                    hasName = true;
                    break;
                case DescriptionKey.InstanceId:
                    row.InstanceId = (uint)ReadNumber(uint.MaxValue);
                    hasInstance = true;
                    break;
                case DescriptionKey.Version:
                    _nodes[node].Version = (uint)ReadNumber(uint.MaxValue);
                    row.HasVersion = true;
                    break;
                default:
                    ReadStructValue(key, node);
                    break;
            }
        }
        if (!hasName || !hasInstance)
            throw Defect("device without name or instance_id");
        CloseStruct(node);
        _devices.Add(row);
    }

    /// <summary>The reader stands on the start of the object. Recursion is bounded by the reader's depth limit.</summary>
    private int ReadStruct(bool isSubsection)
    {
        int node = Add();
        _nodes[node].IsSubsection = isSubsection;
        while (NextProperty(out DescriptionKey key))
            ReadStructValue(key, node);
        if (isSubsection && _nodes[node].NameLength == 0)
            throw Defect("subsection without vmsd_name");
        CloseStruct(node);
        return node;
    }

    /// <summary>The value of one key of a structure. A repeated key replaces what it said before.</summary>
    private void ReadStructValue(DescriptionKey key, int node)
    {
        switch (key)
        {
            case DescriptionKey.VmsdName:
                (_nodes[node].NameStart, _nodes[node].NameLength) = ReadName("vmsd_name");
                break;
            case DescriptionKey.Version:
                _nodes[node].Version = (uint)ReadNumber(uint.MaxValue);
                break;
            case DescriptionKey.Fields:
                // Nodes may move while the list is read: the element of the array is chosen afterwards.
                int fields = ReadFields();
                _nodes[node].FirstChild = fields;
                break;
            case DescriptionKey.Subsections:
                int subsections = ReadSubsections();
                _nodes[node].FirstSubsection = subsections;
                break;
            default:
                SkipValue();
                break;
        }
    }

    private int ReadFields()
    {
        int first = DescriptionNode.None;
        int last = DescriptionNode.None;
        Advance();
        Require(JsonTokenType.StartArray);
        while (NextElement())
            Append(ref first, ref last, ReadField());
        return first;
    }

    private int ReadSubsections()
    {
        int first = DescriptionNode.None;
        int last = DescriptionNode.None;
        Advance();
        Require(JsonTokenType.StartArray);
        while (NextElement())
            Append(ref first, ref last, ReadStruct(isSubsection: true));
        return first;
    }

    private int ReadField()
    {
        int node = Add();
        var nested = new NestedStructs();
        while (NextProperty(out DescriptionKey key))
        {
            switch (key)
            {
                case DescriptionKey.Name:
                    (_nodes[node].NameStart, _nodes[node].NameLength) = ReadText("name");
                    break;
                case DescriptionKey.Type:
                    (_nodes[node].TypeStart, _nodes[node].TypeLength) = ReadText("type");
                    break;
                case DescriptionKey.Size:
                    _nodes[node].Size = (int)ReadNumber(WireLimits.MaxDeviceSectionBytes);
                    break;
                case DescriptionKey.ArrayLen:
                    _nodes[node].ArrayLength = (int)ReadNumber(WireLimits.MaxDeviceSectionBytes);
                    break;
                case DescriptionKey.Index:
                    _nodes[node].Index = (int)ReadNumber(WireLimits.MaxDeviceSectionBytes);
                    break;
                case DescriptionKey.Struct:
                    Advance();
                    Require(JsonTokenType.StartObject);
                    int structure = ReadStruct(isSubsection: false);
                    Append(ref nested.First, ref nested.Last, structure);
                    nested.Open = DescriptionNode.None;
                    break;
                case DescriptionKey.VmsdName or DescriptionKey.Version or DescriptionKey.Fields or DescriptionKey.Subsections:
                    ReadStructValue(key, OpenNested(key, ref nested));
                    break;
                default:
                    SkipValue();
                    break;
            }
        }
        for (int i = nested.First; i != DescriptionNode.None; i = _nodes[i].Next)
            CloseStruct(i);
        _nodes[node].FirstChild = nested.First;
        return node;
    }

    /// <summary>
    /// The structure to which a key belongs that stands in the field itself. A name begins a structure, and so does a key that
    /// the structure at hand has already.
    /// </summary>
    private int OpenNested(DescriptionKey key, ref NestedStructs nested)
    {
        bool begins = nested.Open == DescriptionNode.None || key == DescriptionKey.VmsdName
            || (key == DescriptionKey.Fields && _nodes[nested.Open].FirstChild != DescriptionNode.None)
            || (key == DescriptionKey.Subsections && _nodes[nested.Open].FirstSubsection != DescriptionNode.None);
        if (begins)
        {
            nested.Open = Add();
            Append(ref nested.First, ref nested.Last, nested.Open);
        }
        return nested.Open;
    }

    /// <summary>Adds up a structure. Sizes of fields include everything nested, so only the outermost level counts.</summary>
    private void CloseStruct(int node)
    {
        long sum = _nodes[node].IsSubsection ? SubsectionReader.HeaderBytes(_nodes[node].NameLength) : 0;
        for (int i = _nodes[node].FirstChild; i != DescriptionNode.None; i = _nodes[i].Next)
            sum = Add(sum, _nodes[i].TotalBytes);
        for (int i = _nodes[node].FirstSubsection; i != DescriptionNode.None; i = _nodes[i].Next)
            sum = Add(sum, _nodes[i].Size);
        _nodes[node].Size = (int)sum;
    }

    /// <summary>Adds one to the sum. Each sum is at most 2^28 and each product below 2^57: nothing overflows before it is refused.</summary>
    private readonly long Add(long sum, long bytes)
    {
        if (sum + bytes > WireLimits.MaxDeviceSectionBytes)
            throw Defect($"section of more than {WireLimits.MaxDeviceSectionBytes} bytes");
        return sum + bytes;
    }

    private int Add()
    {
        if (_count == WireLimits.MaxDescriptionNodes)
            throw Defect($"more than {WireLimits.MaxDescriptionNodes} fields and structures");
        if (_count == _nodes.Length)
            Array.Resize(ref _nodes, Math.Max(FirstCapacity, 2 * _count));
        _nodes[_count] = DescriptionNode.Create();
        return _count++;
    }

    private readonly void Append(ref int first, ref int last, int node)
    {
        if (first == DescriptionNode.None)
            first = node;
        else
            _nodes[last].Next = node;
        last = node;
    }

    /// <summary>True: the reader stands on a property's name. False: it stands on the end of the object.</summary>
    private bool NextProperty(out DescriptionKey key)
    {
        Advance();
        key = DescriptionKey.Other;
        if (_reader.TokenType != JsonTokenType.PropertyName)
            return false;
        // QEMU escapes no key; an escaped one is none of ours.
        if (!_reader.ValueIsEscaped)
            key = DescriptionKeyTable.Find(_reader.ValueSpan);
        return true;
    }

    /// <summary>True: the reader stands on the start of an object. False: it stands on the end of the array.</summary>
    private bool NextElement()
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.EndArray)
            return false;
        Require(JsonTokenType.StartObject);
        return true;
    }

    private void SkipValue()
    {
        Advance();
        _reader.Skip();
    }

    private long ReadNumber(long max)
    {
        Advance();
        Require(JsonTokenType.Number);
        if (!_reader.TryGetInt64(out long value) || value < 0 || value > max)
            throw Defect("number out of range");
        return value;
    }

    /// <summary>A name that also travels on the wire.</summary>
    private (int Start, int Length) ReadName(string what)
    {
        (int start, int length) = ReadText(what);
        if (length is 0 or > WireLimits.MaxIdStrBytes)
            throw Defect($"{what} of {length} bytes, legal are 1 to {WireLimits.MaxIdStrBytes}");
        return (start, length);
    }

    private (int Start, int Length) ReadText(string what)
    {
        Advance();
        Require(JsonTokenType.String);
        ReadOnlySpan<byte> value = _reader.ValueSpan;
        if (_reader.ValueIsEscaped || !WireText.IsPrintable(value))
            throw Defect($"{what} that is not printable ASCII");
        // The token begins with its quotation mark.
        int start = (int)_reader.TokenStartIndex + 1;
        return (start, value.Length);
    }

    private void Advance()
    {
        if (!_reader.Read())
            throw Defect("text ends early");
    }

    private readonly void Require(JsonTokenType expected)
    {
        if (_reader.TokenType != expected)
            throw Defect($"{_reader.TokenType} where {expected} was expected");
    }

    private readonly WireException Defect(string reason) => new(_offset + _reader.TokenStartIndex, $"description: {reason}");

    /// <summary>The structures of one field while they are read.</summary>
    private struct NestedStructs()
    {
        internal int First = DescriptionNode.None;
        internal int Last = DescriptionNode.None;
        internal int Open = DescriptionNode.None;
    }
}
