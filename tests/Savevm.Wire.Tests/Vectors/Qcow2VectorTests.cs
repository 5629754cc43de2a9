using Savevm.Wire.Containers.Qcow2;
using Savevm.Wire.Dialects;

namespace Savevm.Wire.Tests.Vectors;

/// <summary>
/// Images with two internal snapshots each, written by real QEMUs: clusters of 64 KiB, and of 512 bytes so that a machine spans many
/// L2 tables. Both machines are found and are whole streams.
/// </summary>
public class Qcow2VectorTests
{
    [Theory]
    [InlineData("q72-savevm.qcow2.gz", 16, "pc-i440fx-7.2")]
    [InlineData("q100-savevm.qcow2.gz", 9, "pc-i440fx-10.0")]
    public void Saved_machines_are_found_and_whole(string name, int clusterBits, string machine)
    {
        byte[] image = GoldenStream.Load(name);
        Assert.True(Qcow2Header.TryRead(image, out Qcow2Header? header));
        Assert.Equal((clusterBits, 37 << 20, 2), (header.ClusterBits, (int)header.DiskBytes, header.SnapshotCount));
        int position = (int)header.SnapshotsPosition;
        var names = new List<string>();
        for (int i = 0; i < header.SnapshotCount; i++)
        {
            Assert.True(Qcow2Snapshot.TryRead(image.AsSpan(position), position, header, out Qcow2Snapshot? snapshot, out int consumed));
            position += consumed;
            names.Add($"{snapshot.Id} {snapshot.Name}");
            Assert.Equal(header.DiskBytes, snapshot.DiskBytes);
            byte[] stream = ReadMachine(image, header, snapshot);
            StreamTranscript transcript = StreamTranscript.Read(stream, 0, StreamDialect.Default);
            Assert.EndsWith($"CONFIGURATION {machine}", transcript.Lines[1], StringComparison.Ordinal);
            Assert.Equal(SlowStreamReader.Read(stream, 0, hasPageSizes: false), transcript.Lines);
            Assert.True(transcript.Rewritten.WrittenSpan.SequenceEqual(stream));
        }
        Assert.Equal(["1 first", "2 second"], names);
    }

    private static byte[] ReadMachine(byte[] image, Qcow2Header header, Qcow2Snapshot snapshot)
    {
        byte[] stream = new byte[(int)snapshot.VMStateBytes];
        for (int at = 0; at < stream.Length;)
        {
            Qcow2Address address = Qcow2Address.OfStream(header, (ulong)at);
            int l1At = (int)address.GetL1EntryPosition(snapshot);
            int l2At = (int)address.GetL2EntryPosition(image.AsSpan(l1At, Qcow2Address.L1EntryBytes), l1At, header)!.Value;
            var cluster = Qcow2Cluster.Parse(image.AsSpan(l2At, header.L2EntryBytes), l2At, header);
            int count = Math.Min(stream.Length - at, header.ClusterBytes - address.OffsetInCluster);
            if (cluster.Kind == Qcow2ClusterKind.Data)
                image.AsSpan((int)cluster.Position + address.OffsetInCluster, count).CopyTo(stream.AsSpan(at));
            at += count;
        }
        return stream;
    }
}
