using System.Text;
using Savevm.Machine.VMState.Decoding;
using Savevm.Machine.VMState.Tree;
using Savevm.States.Reading;
using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.States.Tests.Reading;

/// <summary>Every bit of the devices of a real machine is somewhere in what is reported.</summary>
public sealed class DeviceBitTests
{
    private const long MaxAllocatedBytes = 4 << 20;

    [Fact]
    public void EveryFlipChangesWhatIsReportedOrIsCaught()
    {
        var whole = new WalkLines();
        using (var input = new StateInput(new MemoryStream(Golden.Load("q100-tiny.stream.gz"))))
            new StateWalker(input, whole).Run(TestContext.Current.CancellationToken);
        VMDescription description = VMDescription.Parse(whole.Description.Span, 0);
        Parallel.For(0, whole.Sections.Count, index => FlipAll(whole.Sections[index], description.Devices[index]));
    }

    /// <summary>The section alone, with head and footer, between the header of a stream and its end; each of its bits is turned.</summary>
    private static void FlipAll(WalkedSection section, DescribedDevice described)
    {
        var writer = new WireWriter();
        ForwardWriter.WriteHeader(writer);
        int first = writer.Length;
        ForwardWriter.WriteSectionStart(writer, SectionType.Full, section.SectionId, section.IdStr, section.InstanceId, section.VersionId);
        writer.WriteBytes(section.Body.Span);
        ForwardWriter.WriteFooter(writer, section.SectionId);
        ForwardWriter.WriteEndOfFile(writer);
        byte[] stream = writer.WrittenSpan.ToArray();
        string? reported = Report(stream, described);
        Assert.NotNull(reported);
        for (int bit = first * 8; bit < stream.Length * 8; bit++)
        {
            stream[bit / 8] ^= (byte)(1 << (bit % 8));
            long before = GC.GetAllocatedBytesForCurrentThread();
            string? now = Report(stream, described);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.False(now == reported, $"{section.IdStr}: bit {bit % 8} of byte {(bit / 8) - first} of {stream.Length - first} is not reported");
            Assert.True(allocated < MaxAllocatedBytes, $"{section.IdStr}: {allocated} bytes for bit {bit}");
            stream[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    /// <summary>All that is told of a stream; null for one that is refused.</summary>
    private static string? Report(byte[] stream, DescribedDevice described)
    {
        var found = new WalkLines();
        try
        {
            using var input = new StateInput(new MemoryStream(stream), windowBytes: 8192);
            new StateWalker(input, found).Run(TestContext.Current.CancellationToken);
        }
        catch (WireException)
        {
            return null;
        }
        var text = new StringBuilder();
        text.AppendJoin('\n', found.Lines).AppendJoin('\n', found.Defects.Select(defect => defect.Finding));
        foreach (WalkedSection section in found.Sections)
        {
            text.Append(section.SectionId).Append(section.IdStr).Append(section.InstanceId).Append(section.VersionId).Append(section.Cut);
            DecodedDevice decoded = DeviceDecoder.Decode(described, section.Body);
            text.AppendJoin('\n', decoded.Defects.Select(defect => defect.Reason));
            Add(text, decoded.Root);
        }
        return text.ToString();
    }

    // Values only: that nodes hold all bytes would be no proof.
    private static void Add(StringBuilder text, DecodedNode node)
    {
        text.Append('\n').Append(node.Label).Append('=');
        for (int i = 0; node.Children.Count == 0 && i < node.Value.Count; i++)
            text.Append(node.Value.ToText(i)).Append(' ');
        foreach (DecodedNode child in node.Children)
            Add(text, child);
    }
}
