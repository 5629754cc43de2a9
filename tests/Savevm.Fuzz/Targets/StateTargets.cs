using System.Text;
using Savevm.Fuzz.Engine;
using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.Machine.VMState.Catalogue;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Display;
using Savevm.Machine.VMState.Tree;
using Savevm.States.Loading;
using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.States.Surveys;
using Savevm.Wire;
using Savevm.Wire.Containers;
using Savevm.Wire.Descriptions;

namespace Savevm.Fuzz.Targets;

/// <summary>Saved states in files: walked, loaded, opened in every form, and their devices decoded.</summary>
internal static class StateTargets
{
    private static readonly Type[] Refusals =
        [typeof(WireException), typeof(MachineRefusedException), typeof(EarlierPagesMissingException), typeof(UnsupportedFormException)];

    private static readonly Lazy<DescriptionCatalogue> Catalogue = new(() => RecordedCatalogue.For("pc-i440fx-10.0"));

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("walk", "a saved stream from begin to end, in pieces of any size", Walk, Seeds.Streams) { MaxBytes = 32768, MaxAllocatedBytes = 16 << 20 },
        new("load", "a saved stream into a machine that keeps nothing", Load, Seeds.Streams) { MaxBytes = 32768, MaxAllocatedBytes = 16 << 20, Refusals = Refusals },
        new("open", "a saved state in any form, as from a pipe", Open, Seeds.Forms) { MaxBytes = 16384, MaxAllocatedBytes = 32 << 20, Refusals = Refusals },
        new("decode", "a device section taken apart by its description", Decode, Seeds.DescribedBodies) { MaxBytes = 16384, MaxAllocatedBytes = 16 << 20 },
        new("decode-catalogue", "a device section taken apart without a description", DecodeByCatalogue, Seeds.NamedBodies) { MaxBytes = 4096, MaxAllocatedBytes = 16 << 20 },
    ];

    private static void Walk(ReadOnlySpan<byte> input)
    {
        byte[] stream = input.ToArray();
        StateSurvey whole = Survey(new MemoryStream(stream), StateInput.DefaultWindowBytes);
        StateSurvey pieces = Survey(new PieceStream(stream, 1 + (stream.Length % 97)), 64);
        Promise.That(
            whole.Defects.SequenceEqual(pieces.Defects) && whole.StreamEnd == pieces.StreamEnd && whole.Sections.SequenceEqual(pieces.Sections),
            "walk: pieces change nothing",
            $"{string.Join("; ", whole.Defects.Take(3))} / {string.Join("; ", pieces.Defects.Take(3))}");
        Promise.That(whole.StreamEnd is not null || whole.Defects.Count > 0, "walk: who does not come to the end says why");
        foreach (StateDefect defect in whole.Defects)
            Promise.That(defect.Offset >= 0 && defect.Offset <= stream.Length && defect.Finding.Length > 0, "walk: a defect lies in the file", $"{defect}");
        Check(whole, stream);
    }

    private static StateSurvey Survey(Stream stream, int windowBytes)
    {
        var survey = new StateSurvey(comparesPages: true);
        using var reader = new StateInput(stream, 0, windowBytes);
        survey.Read(reader, null, CancellationToken.None);
        return survey;
    }

    private static void Check(StateSurvey survey, ReadOnlySpan<byte> stream)
    {
        foreach (WalkedSection section in survey.Devices)
        {
            Promise.That(
                section.Offset >= 0 && section.EndOffset <= stream.Length
                    && stream.Slice((int)section.BodyOffset, section.Body.Length).SequenceEqual(section.Body.Span),
                "walk: a device section lies in the file",
                $"{section.IdStr} at {section.Offset}");
        }
        foreach (BlockCensus block in survey.Blocks)
            Promise.That(block.Block.UsedLength <= WireLimits.MaxRamBytes, "walk: a block has a legal length");
        (long distinct, long repeated) = survey.ComparePages();
        Promise.That(distinct >= 0 && repeated >= 0, "walk: pages are counted");
        _ = survey.MissingPages().Take(10).Count();
        _ = ReleaseGuess.Of(survey);
    }

    private static void Load(ReadOnlySpan<byte> input)
    {
        var machine = new NullMachine();
        using var loader = new StateLoader(machine, machine);
        using var reader = new StateInput(new MemoryStream(input.ToArray()));
        loader.Load(reader, CancellationToken.None);
        Promise.That(loader.State is not null && machine.State == loader.State, "load: the machine was given what was loaded");
    }

    private static void Open(ReadOnlySpan<byte> input)
    {
        var options = new OpeningOptions { SpoolFolder = "/dev/shm" };
        using var file = SavedStateFile.Open(new PieceStream(input.ToArray(), 1 << 16), options);
        Promise.That(file.Layers.Count is > 0 and <= 8 && file.Layers[^1].Kind == ContainerKind.Stream, "open: the innermost layer is the stream");
        using var reader = new StateInput(file);
        var survey = new StateSurvey();
        survey.Read(reader, null, CancellationToken.None);
        Promise.That(survey.StreamEnd is not null || survey.Defects.Count > 0, "open: who does not come to the end says why");
    }

    /// <summary>The description up to a zero byte, the body behind it.</summary>
    private static void Decode(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf((byte)0);
        if (end < 0)
            return;
        VMDescription description = VMDescription.Parse(input[..end], Promise.Offset);
        byte[] body = input[(end + 1)..].ToArray();
        foreach (DescribedDevice device in description.Devices)
            Check(DeviceDecoder.Decode(device, body), body.Length);
    }

    /// <summary>The name up to a zero byte, a byte for the instance, a byte for the version, the body.</summary>
    private static void DecodeByCatalogue(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf((byte)0);
        if (end <= 0 || end > WireLimits.MaxIdStrBytes || input.Length < end + 3)
            return;
        string name = Encoding.Latin1.GetString(input[..end]);
        byte[] body = input[(end + 3)..].ToArray();
        Check(Catalogue.Value.Decode(new DeviceSection(name, input[end + 1], input[end + 2], 7, body)), body.Length);
        foreach (int length in Catalogue.Value.Lengths(name, input[end + 1], input[end + 2], body))
            Promise.That(length >= 0 && length <= body.Length, "catalogue: a length lies in the body", $"{length} of {body.Length}");
    }

    private static void Check(DecodedDevice device, int bodyBytes)
    {
        Promise.That(device.Share.Decoded >= 0 && device.Share.Decoded <= device.Share.Total && device.Share.Total == bodyBytes, "decode: the share is one", $"{device.Share} of {bodyBytes}");
        Walk(device.Root, bodyBytes);
        foreach (DecodedDefect defect in device.Defects)
            Promise.That(defect.BodyOffset >= 0 && defect.BodyOffset <= bodyBytes && defect.Reason.Length > 0, "decode: a defect lies in the body", $"{defect}");
        foreach (DisplayLine line in DeviceDisplay.Lines(device))
            _ = line.ToString();
    }

    private static void Walk(DecodedNode node, int bodyBytes)
    {
        Promise.That(node.BodyOffset >= 0 && node.BodyOffset + node.Bytes <= bodyBytes, "decode: a node lies in the body", $"{node.Label}: {node.Bytes} bytes at {node.BodyOffset}");
        _ = node.Value.ToString();
        foreach (DecodedNode child in node.Children)
            Walk(child, bodyBytes);
    }

    /// <summary>Hands out at most so many bytes at a time, and cannot be gone back in.</summary>
    private sealed class PieceStream(byte[] bytes, int pieceBytes) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(Math.Min(buffer.Length, pieceBytes), bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
