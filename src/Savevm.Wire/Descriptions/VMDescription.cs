using System.Text;

namespace Savevm.Wire.Descriptions;

/// <summary>
/// The JSON description behind a stream: what each device section consists of, with the offset of every field in the
/// section's body. Read-only; any thread may use it. The text is copied and kept.
/// </summary>
/// <remarks>
/// The text is written by the sender and may claim anything; nothing of it is a reason to believe the bytes of a section.
/// <see cref="DescribedBody"/> compares the two.
/// </remarks>
public sealed class VMDescription
{
    private static readonly byte[] NoText = [];

    private readonly byte[] _text;
    private readonly DescriptionNode[] _nodes;

    private VMDescription(byte[] text, DescriptionNode[] nodes, List<DescribedDeviceRow> devices, int configuration, long? pageSize)
    {
        _text = text;
        _nodes = nodes;
        PageSize = pageSize;
        var placement = new DescriptionPlacement(nodes, text);
        if (configuration != DescriptionNode.None)
        {
            placement.Place(configuration, 0);
            Configuration = new DescribedStruct(this, configuration);
        }
        var described = new DescribedDevice[devices.Count];
        for (int i = 0; i < described.Length; i++)
        {
            placement.Place(devices[i].Struct, 0);
            described[i] = new DescribedDevice(this, devices[i]);
        }
        Devices = described;
        Entries = Array.ConvertAll(described, device => device.ToEntry());
    }

    /// <summary>One entry for each FULL section, in stream order. Live devices are absent.</summary>
    public IReadOnlyList<DescribedDevice> Devices { get; }

    /// <summary>The same devices with nothing but the lengths of their sections.</summary>
    public IReadOnlyList<VMDescriptionEntry> Entries { get; }

    /// <summary>The fields of the configuration section; told since QEMU 8.2. Offsets count from behind the type byte.</summary>
    public DescribedStruct? Configuration { get; }

    /// <summary>The target page size in bytes, where the text tells it.</summary>
    public long? PageSize { get; }

    /// <summary>Reads the text.</summary>
    /// <param name="json">The text; empty means no devices.</param>
    /// <param name="offset">Its offset in the stream.</param>
    /// <exception cref="WireException">Not JSON, deeper or longer than the limits, or names and sizes that cannot be.</exception>
    public static VMDescription Parse(ReadOnlySpan<byte> json, long offset)
    {
        if (json.IsEmpty)
            return new VMDescription(NoText, [], [], DescriptionNode.None, null);
        if (json.Length > WireLimits.MaxDescriptionBytes)
            throw new WireException(offset, $"description of {json.Length} bytes");
        byte[] text = json.ToArray();
        var parser = new DescriptionParser(text, offset);
        parser.Run();
        return new VMDescription(text, parser.Nodes, parser.Devices, parser.Configuration, parser.PageSize);
    }

    internal ref readonly DescriptionNode Node(int index) => ref _nodes[index];

    internal ReadOnlySpan<byte> Text(int start, int length) => _text.AsSpan(start, length);

    internal string ToText(int start, int length) => Encoding.ASCII.GetString(Text(start, length));
}
