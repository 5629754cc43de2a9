using System.Text;
using Savevm.Wire.Tests.Descriptions;

namespace Savevm.Wire.Tests.Vectors;

/// <summary>
/// A second reader of whole streams, written from <c>docs/wire-format.md</c> alone, a byte at a time. It makes one line for each thing
/// it finds; the real readers must make the same.
/// </summary>
internal sealed class SlowStreamReader
{
    private readonly SlowBytes _in;
    private readonly List<string> _lines = [];
    private readonly Dictionary<ulong, string> _live = [];
    private readonly bool _hasPageSizes;
    private Queue<int>? _sizes;
    private bool _hasAddresses;
    private bool _isMapped;
    private string? _block;
    private string? _node;
    private string? _bitmap;

    private SlowStreamReader(byte[] bytes, int start, bool hasPageSizes)
    {
        _in = new SlowBytes(bytes) { At = start };
        _hasPageSizes = hasPageSizes;
        _sizes = Sizes(bytes);
    }

    /// <summary>Reads a main stream.</summary>
    internal static List<string> Read(byte[] bytes, int start, bool hasPageSizes)
    {
        var reader = new SlowStreamReader(bytes, start, hasPageSizes);
        try
        {
            reader.ReadStream();
        }
        catch (EndOfStreamException)
        {
            reader._lines.Add("cut");
        }
        return reader._lines;
    }

    /// <summary>Reads the records of a channel that carries nothing but requested pages.</summary>
    internal static List<string> ReadPages(byte[] bytes)
    {
        var reader = new SlowStreamReader(bytes, 0, hasPageSizes: false);
        while (!reader._in.IsAtEnd)
            reader.ReadRamRecord();
        return reader._lines;
    }

    private void ReadStream()
    {
        if (_in.Peek() == 'Q')
        {
            Say(_in.At, $"{_in.Text(4)} {_in.Number(4)}");
            if (_in.Peek() == 7)
                ReadConfiguration();
        }
        while (_in.Peek() != 0)
            ReadElement();
        Say(_in.At++, "EOF");
        if (_in.IsAtEnd)
            return;
        int at = _in.At;
        if (_in.Byte() != 6)
            throw new InvalidDataException();
        byte[] json = _in.Take((int)_in.Number(4));
        Say(at, $"VMDESCRIPTION {json.Length} {Sum.Of(json)}");
        if (!_in.IsAtEnd)
            throw new InvalidDataException();
    }

    private void ReadConfiguration()
    {
        int at = _in.At++;
        string name = _in.Text((int)_in.Number(4));
        Say(at, $"CONFIGURATION {name}");
        while (_in.Peek() == 5)
        {
            at = _in.At++;
            string subsection = _in.Name();
            ulong version = _in.Number(4);
            if (subsection == "configuration/capabilities")
            {
                var names = new List<string>();
                for (ulong count = _in.Number(4); count > 0; count--)
                    names.Add(_in.Name());
                Say(at, $" capabilities v{version} {string.Join(',', names)}");
                _hasAddresses |= names.Contains("x-ignore-shared");
                _isMapped |= names.Contains("mapped-ram");
            }
            else if (subsection == "configuration/uuid")
            {
                Say(at, $" uuid v{version} {Convert.ToHexStringLower(_in.Take(16))}");
            }
            else
            {
                throw new InvalidDataException(subsection);
            }
        }
    }

    private void ReadElement()
    {
        int at = _in.At;
        switch (_in.Byte())
        {
            case 1:
                ReadHeader(at, "START");
                break;
            case 4:
                ReadHeader(at, "FULL");
                break;
            case 2:
                ReadPart(at, "PART");
                break;
            case 3:
                ReadPart(at, "END");
                break;
            case 8:
                ReadCommand(at);
                break;
            default:
                throw new InvalidDataException($"element at {at:x}");
        }
    }

    private void ReadHeader(int at, string type)
    {
        ulong id = _in.Number(4);
        string name = _in.Name();
        Say(at, $"{type} {id} {name}/{_in.Number(4)} v{_in.Number(4)}");
        if (type == "START")
        {
            _live[id] = name;
            ReadLiveBody(name);
        }
        else
        {
            at = _in.At;
            byte[] body = _in.Take(_sizes is null ? FindFooter(id) : _sizes.Dequeue());
            Say(at, $" body {body.Length} {Sum.Of(body)}");
        }
        ReadFooter(id);
    }

    private void ReadPart(int at, string type)
    {
        ulong id = _in.Number(4);
        Say(at, $"{type} {id}");
        ReadLiveBody(_live.GetValueOrDefault(id) ?? "ram");
        ReadFooter(id);
    }

    private void ReadFooter(ulong id)
    {
        if (_in.Byte() != 0x7e || _in.Number(4) != id)
            throw new InvalidDataException($"footer of {id}");
    }

    /// <summary>The first footer that one of the bytes follows with which an element can begin.</summary>
    private int FindFooter(ulong id)
    {
        int start = _in.At;
        for (int length = 0; ; length++)
        {
            _in.At = start + length;
            bool isFooter = _in.Byte() == 0x7e && _in.Number(4) == id && (_in.IsAtEnd || _in.Peek() is 1 or 2 or 3 or 4 or 8 || IsLast());
            _in.At = start;
            if (isFooter)
                return length;
        }
    }

    /// <summary>Nothing stands behind the end mark but the description.</summary>
    private bool IsLast() => _in.Peek() == 0 && (_in.At + 1 == _in.Length || _in.Peek(1) == 6);

    private void ReadLiveBody(string name)
    {
        if (name == "dirty-bitmap")
        {
            while (ReadBitmapChunk())
            {
            }
            return;
        }
        while (ReadRamRecord())
        {
        }
    }

    private bool ReadRamRecord()
    {
        int at = _in.At;
        ulong word = _in.Number(8);
        ulong flags = word % 4096;
        ulong address = word - flags;
        bool continues = (flags & 0x20) != 0;
        flags -= continues ? 0x20UL : 0;
        if (flags is 2 or 8 or 0x40 or 0x100 && !continues)
            _block = _in.Name();
        string page = $"{_block} 0x{address:x}";
        string surplus = (continues ? " CONTINUE" : "") + (address > 0 && flags != 4 ? $" 0x{address:x}" : "");
        switch (flags)
        {
            case 2:
                Say(at, $" ZERO {page} fill {_in.Byte()}");
                return true;
            case 4:
                Say(at, $" MEM_SIZE 0x{address:x}{surplus}");
                ReadBlocks(address);
                return true;
            case 8:
                Say(at, $" PAGE {page} {Sum.Of(_in.Take(4096))}");
                return true;
            case 0x10:
                Say(at, " EOS" + surplus);
                return false;
            case 0x40:
                byte encoding = _in.Byte();
                byte[] delta = _in.Take((int)_in.Number(2));
                Say(at, $" XBZRLE {page} {encoding} {delta.Length} {Sum.Of(delta)}");
                return true;
            case 0x100:
                byte[] compressed = _in.Take((int)_in.Number(4));
                Say(at, $" COMPRESS_PAGE {page} {compressed.Length} {Sum.Of(compressed)}");
                return true;
            case 0x200:
                Say(at, " MULTIFD_FLUSH" + surplus);
                return true;
            default:
                throw new InvalidDataException($"flags {flags:x}");
        }
    }

    private void ReadBlocks(ulong remaining)
    {
        while (remaining > 0)
        {
            int at = _in.At;
            string name = _in.Name();
            ulong length = _in.Number(8);
            remaining -= length;
            var line = new StringBuilder($"  block {name} 0x{length:x}");

            // No block here has unusual pages, so none tells its page size; the dialect changes nothing.
            if (_hasPageSizes && _in.Peek() == 0 && _in.Peek(5) != 0)
                throw new InvalidDataException("page size");
            if (_hasAddresses)
                line.Append($" at 0x{_in.Number(8):x}");
            if (_isMapped)
                line.Append(ReadMappedBlock(length));
            Say(at, line.ToString());
        }
    }

    private string ReadMappedBlock(ulong length)
    {
        string text = $" mapped {_in.Number(4)} 0x{_in.Number(8):x}";
        int bitmapAt = (int)_in.Number(8);
        int pagesAt = (int)_in.Number(8);
        _in.At = bitmapAt;
        byte[] bitmap = _in.Take((int)((length / 4096 + 63) / 64 * 8));
        var pages = new List<string>();
        for (int page = 0; page < (int)(length / 4096); page++)
        {
            if (bitmap[page / 8] / (1 << (page % 8)) % 2 == 0)
                continue;
            _in.At = pagesAt + (page * 4096);
            pages.Add($"{page}:{Sum.Of(_in.Take(4096))}");
        }
        _in.At = pagesAt + (int)length;
        return $"{text} bitmap 0x{bitmapAt:x} pages 0x{pagesAt:x} {string.Join(' ', pages)}".TrimEnd();
    }

    private bool ReadBitmapChunk()
    {
        int at = _in.At;
        int flags = _in.Byte();
        if ((flags & 8) != 0)
            _node = _in.Name();
        if ((flags & 4) != 0)
            _bitmap = _in.Name();
        string line = $" bitmap 0x{flags:x2}";
        if ((flags & 0x70) != 0)
            line += $" {_node}/{_bitmap}";
        if ((flags & 0x10) != 0)
            line += $" granularity {_in.Number(4)} flags {_in.Byte()}";
        if ((flags & 0x40) != 0)
            line += $" sectors {_in.Number(8)}+{_in.Number(4)}";
        if ((flags & 0x42) == 0x40)
        {
            byte[] bits = _in.Take((int)_in.Number(8));
            line += $" bits {bits.Length} {Sum.Of(bits)}";
        }
        Say(at, line);
        return (flags & 1) == 0;
    }

    private void ReadCommand(int at)
    {
        string[] names =
        [
            "", "OPEN_RETURN_PATH", "PING", "POSTCOPY_ADVISE", "POSTCOPY_LISTEN", "POSTCOPY_RUN", "POSTCOPY_RAM_DISCARD", "PACKAGED", "ENABLE_COLO",
            "POSTCOPY_RESUME", "RECV_BITMAP", "SWITCHOVER_START",
        ];
        string name = names[_in.Number(2)];
        byte[] payload = _in.Take((int)_in.Number(2));
        Say(at, $"COMMAND {name} {Convert.ToHexStringLower(payload)}".TrimEnd());
        if (name == "PACKAGED")
        {
            // Nothing tells how long its sections are: a package has no description, whatever stands behind the stream.
            int end = _in.At + (int)new SlowBytes(payload).Number(4);
            Queue<int>? sizes = _sizes;
            _sizes = null;
            while (_in.At < end)
                ReadElement();
            _sizes = sizes;
        }
    }

    /// <summary>The lengths of all device sections, from a description that ends the bytes.</summary>
    private static Queue<int>? Sizes(byte[] bytes)
    {
        for (int at = bytes.Length - 6; at > 0; at--)
        {
            if (bytes[at] != 6 || bytes[at + 5] != '{' || new SlowBytes(bytes) { At = at + 1 }.Number(4) != (ulong)(bytes.Length - at - 5))
                continue;
            IEnumerable<string> devices = SlowDescription.Lines(bytes[(at + 5)..]).Where(line => line.StartsWith("device ", StringComparison.Ordinal));
            return new Queue<int>(devices.Select(line => int.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)));
        }
        return null;
    }

    private void Say(int at, string line) => _lines.Add($"{at:x6} {line}");
}
