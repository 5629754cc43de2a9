using System.Text;
using Savevm.States.Recordings;
using Savevm.Wire;
using Savevm.Wire.Containers;
using Savevm.Wire.Containers.Libvirt;
using Savevm.Wire.Containers.Qcow2;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;

namespace Savevm.States.Opening;

/// <summary>Takes off one form after the other until a stream is there. The outermost layer comes first in every list.</summary>
internal sealed class LayerPeeler
{
    /// <summary>No chain of programs makes more; a file that unpacks to itself would have no end.</summary>
    private const int MaxLayers = 8;

    /// <summary>Longest XML and cookie of a libvirt image that are kept. Real ones have some tens of KiB and 64 KiB of room.</summary>
    private const int MaxTextBytes = 16 << 20;

    /// <summary>The configuration lies in the first of these, or is none that can be.</summary>
    private const int ConfigurationBytes = 64 << 10;

    private readonly OpeningOptions _options;
    private readonly List<StateLayer> _layers = [];

    // The file in which positions of the layer at hand count, where it can be read at any place.
    private StateStorage? _storage;

    internal LayerPeeler(LayerStream file, StateStorage? storage, OpeningOptions options)
    {
        Content = file;
        _storage = storage;
        _options = options;
    }

    internal LayerStream Content { get; private set; }

    internal IReadOnlyList<StateLayer> Layers => _layers;

    internal StateStorage? Storage => _storage;

    internal LibvirtImage? Libvirt { get; private set; }

    internal Qcow2Image? Qcow2 { get; private set; }

    /// <summary>The image of a qcow2 layer, which the content reads from.</summary>
    internal StateStorage? Qcow2Storage { get; private set; }

    /// <summary>What a recording holds beside the stream, as far as it was read.</summary>
    internal RecordingSurvey? Recording { get; private set; }

    internal Qcow2Snapshot? Snapshot { get; private set; }

    internal ConfigurationRecord? Configuration { get; private set; }

    internal bool IsMappedRam => Configuration?.Capabilities.Contains(CapabilityTable.MappedRam) == true;

    /// <summary>Goes on until <see cref="Content"/> stands at the first byte of a stream.</summary>
    /// <exception cref="WireException">A layer is damaged.</exception>
    /// <exception cref="UnsupportedFormException">A layer cannot be opened here.</exception>
    internal void Peel()
    {
        LibvirtFormat? promised = null;
        while (true)
        {
            ReadOnlySpan<byte> magic = Content.Peek(ContainerTable.MaxMagicBytes);
            if (magic.IsEmpty)
                throw new WireException(Content.Position, "nothing is there: the file is empty, or ends before the stream");
            ContainerTable.TryRecognise(magic, endOfInput: true, out ContainerKind kind);
            if (promised is { } format && kind != KindOf(format))
                throw new WireException(Content.Position, $"the libvirt header promises {format} data, which this is not");
            ContainerRow row = ContainerTable.Find(kind) ?? throw Unknown();
            promised = null;
            if (_options.IsBare && kind != ContainerKind.Stream)
                throw new UnsupportedFormException($"its form is {row.Name}, and only a stream that begins with the file is taken", "export what is in it before");
            if (_layers.Count == MaxLayers)
                throw new WireException(Content.Position, $"more than {MaxLayers} layers around each other");
            _layers.Add(new StateLayer(kind, row.Name, Content.Position));
            switch (kind)
            {
                case ContainerKind.Stream:
                    ReadConfiguration();
                    return;
                case ContainerKind.Libvirt or ContainerKind.LibvirtPartial:
                    promised = OpenLibvirt();
                    break;
                case ContainerKind.Qcow2:
                    OpenQcow2();
                    break;
                case ContainerKind.Recording:
                    OpenRecording();
                    break;
                default:
                    Content = CompressedLayers.Unpack(row, Content);
                    _storage = null;
                    break;
            }
        }
    }

    private static ContainerKind KindOf(LibvirtFormat format) => format switch
    {
        LibvirtFormat.Gzip => ContainerKind.Gzip,
        LibvirtFormat.Bzip2 => ContainerKind.Bzip2,
        LibvirtFormat.Xz => ContainerKind.Xz,
        LibvirtFormat.Lzop => ContainerKind.Lzop,
        LibvirtFormat.Zstd => ContainerKind.Zstd,
        _ => ContainerKind.Stream,
    };

    private UnsupportedFormException Unknown() => new(
        $"no saved machine{(_layers.Count > 0 ? $" in this {_layers[^1].Name}" : "")}: the first bytes are those of no known form",
        "known are QEMU's migration streams and mapped-ram files, libvirt save images, qcow2 images with internal snapshots, each also in gzip, zstd or xz");

    private LibvirtFormat OpenLibvirt()
    {
        if (Content.Position != 0 || Libvirt is not null)
            throw new WireException(Content.Position, "a libvirt save image inside of another image");
        if (!LibvirtHeader.TryRead(Content.Peek(LibvirtHeader.HeaderBytes), out LibvirtHeader? header))
            throw new WireException(Content.Position, "the file ends in the header of a libvirt save image");
        if (!header.IsComplete)
            throw new WireException(0, "a libvirt save image whose writing was not finished");
        if (header.DataBytes > MaxTextBytes)
            throw new WireException(LibvirtHeader.HeaderBytes, $"{header.DataBytes} bytes of XML and cookie, more than {MaxTextBytes}");
        Skip(LibvirtHeader.HeaderBytes);
        byte[] area = new byte[header.DataBytes];
        int count = Content.ReadAtLeast(area, area.Length, throwOnEndOfStream: false);
        if (count < area.Length)
            throw new WireException(Content.Position, $"the file ends in the XML of a libvirt save image, {area.Length - count} bytes before its end");
        header.Split(area, out ReadOnlySpan<byte> xml, out ReadOnlySpan<byte> cookie);
        Libvirt = new LibvirtImage(header, Encoding.UTF8.GetString(xml), Encoding.UTF8.GetString(cookie));
        return header.Format;
    }

    private void OpenQcow2()
    {
        if (Content.Position != 0 || Qcow2 is not null)
            throw new WireException(Content.Position, "a qcow2 image inside of another image");
        StateStorage storage = RequireStorage();
        Qcow2Storage = storage;
        Qcow2 = Qcow2Image.Read(storage);
        Snapshot = Qcow2.Choose(_options.Snapshot);

        // The image stays open below; of the layer around it nothing more is read.
        Content = new LayerStream(new Qcow2StateStream(Qcow2, Snapshot), "qcow2", Content);
        _storage = null;
    }

    private void OpenRecording()
    {
        if (Recording is not null)
            throw new WireException(Content.Position, "a recording inside of another recording");
        Recording = new RecordingSurvey();
        Content = new LayerStream(new RecordedStream(new RecordingInput(Content), Recording), "recording", Content);
        _storage = null;
    }

    private void ReadConfiguration()
    {
        const int headerBytes = 8;
        ReadOnlySpan<byte> head = Content.Peek(ConfigurationBytes);
        if (head.Length <= headerBytes || head[headerBytes] != (byte)SectionType.Configuration)
            return;
        try
        {
            if (ForwardReader.TryReadConfiguration(head[headerBytes..], Content.Position + headerBytes, out ConfigurationRecord? record, out _))
                Configuration = record;
        }
        catch (WireException)
        {
            // Who reads the stream meets the same defect, and can say more about it.
            return;
        }
        if (Libvirt?.Header.Format == LibvirtFormat.Sparse && !IsMappedRam)
            throw new WireException(Content.Position, "the libvirt header promises a sparse image, and the stream has no mapped-ram");
        if (IsMappedRam)
        {
            StateStorage storage = RequireStorage();
            Content = new LayerStream(new StorageStream(storage, _layers[^1].Position), "mapped-ram", Content, _layers[^1].Position);
        }
    }

    /// <summary>The layer at hand as a file that can be read at any place: the file itself, or an unpacked copy.</summary>
    private StateStorage RequireStorage() => _storage ??= Spool.Copy(Content, _options);

    private void Skip(int bytes)
    {
        Span<byte> skipped = stackalloc byte[bytes];
        Content.ReadExactly(skipped);
    }
}
