using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Savevm.Fuzz.Engine;
using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.Repository;
using Savevm.Repository.Sections;
using Savevm.Repository.Snapshots;
using Savevm.Repository.WorkingSets;

namespace Savevm.Fuzz.Targets;

/// <summary>The files of a snapshot, by somebody who can compute checksums.</summary>
internal static class RepositoryTargets
{
    private static readonly Type[] Refusals = [typeof(DamagedStateException), typeof(UnsupportedFormatException)];

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("manifest", "a snapshot's manifest", Manifest, Seeds.Manifests) { MaxBytes = 8192, Refusals = Refusals },
        new("device-file", "a snapshot's device sections", Devices, Seeds.DeviceFiles) { Refusals = Refusals },
        new("working-set", "the pages that guests asked for", WorkingSets, Seeds.WorkingSets) { Refusals = Refusals },
    ];

    private static void Manifest(ReadOnlySpan<byte> input)
    {
        byte[] bytes = input.ToArray();
        SnapshotManifest manifest = ManifestReader.Read(bytes);
        Promise.That(manifest.RamBytes is >= 0 and <= RepositoryLimits.RamBytes && manifest.DataBytes <= manifest.RamBytes, "manifest: RAM has a legal size");

        // Whoever reads the free parts must not be surprised.
        _ = manifest.Machine.ToJsonString();
        _ = manifest.Source.ToJsonString();
        _ = manifest.Disks.ToJsonString();
        byte[] again = ManifestFile.Serialize(ManifestReader.ReadForChange(bytes));
        SnapshotManifest same = ManifestReader.Read(again);
        Promise.That(
            same.CapturedAs == manifest.CapturedAs && same.RamBlocks.SequenceEqual(manifest.RamBlocks) && same.Devices.Sections.SequenceEqual(manifest.Devices.Sections),
            "manifest: what is written reads as the same");
    }

    /// <summary>
    /// The index that the manifest would hold, then the file: a byte for the length of the machine's name, the name, a byte for the
    /// configuration's length, a byte for the number of sections; each of them id, instance, version, length, and a counted name.
    /// </summary>
    private static void Devices(ReadOnlySpan<byte> input)
    {
        var text = new InputReader(input);
        string machine = text.Text(text.Byte());
        int configuration = text.Byte();
        int count = text.Byte() & 15;
        var sections = new List<StoredSection>();
        for (int i = 0; i < count; i++)
        {
            uint id = text.UInt32();
            uint instance = text.UInt32();
            uint version = text.UInt32();
            int offset = text.UInt16();
            int bytes = text.UInt16();
            string name = text.Text(text.Byte());
            if (name.Length > 0)
                sections.Add(new StoredSection(name, instance, version, id, offset, bytes, (version & 1) != 0));
        }
        byte[] file = text.Rest.ToArray();
        var stored = new StoredDevices
        {
            Bytes = file.Length,
            Checksum = XxHash3.HashToUInt64(file),
            MachineName = machine.Length == 0 ? null : machine,
            ConfigurationBytes = configuration,
            RamSectionId = 2,
            Sections = sections,
            Commands = [],
        };
        DeviceState state = DeviceFile.Read(file, stored, default);
        Promise.That(state.Sections.Count == sections.Count, "devices: all sections are there");
        for (int i = 0; i < sections.Count; i++)
            Promise.That(state.Sections[i].Body.Length == sections[i].Bytes, "devices: bodies have their lengths");
    }

    private static void WorkingSets(ReadOnlySpan<byte> input)
    {
        IReadOnlyList<StoredRamBlock> blocks = Seeds.Blocks;
        byte[] bytes = input.ToArray();
        if (bytes.Length >= WorkingSetFile.HeaderBytes)
        {
            // Who forges a file computes the checksums as well.
            byte[] header = WorkingSetFile.Write(new WorkingSet([.. blocks.Select(one => one.Block)], [], 1), blocks);
            if ((bytes[40] & 1) == 0)
                header.AsSpan(16, 8).CopyTo(bytes.AsSpan(16));
            var hash = new XxHash3();
            hash.Append(bytes.AsSpan(0, 56));
            hash.Append(bytes.AsSpan(WorkingSetFile.HeaderBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(56), hash.GetCurrentHashAsUInt64());
        }
        WorkingSet set = WorkingSetFile.Read(bytes, blocks);
        Promise.That(WorkingSetFile.Write(set, blocks).AsSpan().SequenceEqual(bytes), "working set: is written as it was read");
        _ = set.FirstPages(7);
    }

    /// <summary>Takes fields from the front of an input; what is not there is zero.</summary>
    private ref struct InputReader(ReadOnlySpan<byte> input)
    {
        public ReadOnlySpan<byte> Rest { get; private set; } = input;

        public byte Byte() => Take(1) is { Length: 1 } field ? field[0] : (byte)0;

        public ushort UInt16() => Take(2) is { Length: 2 } field ? BinaryPrimitives.ReadUInt16BigEndian(field) : (ushort)0;

        public uint UInt32() => Take(4) is { Length: 4 } field ? BinaryPrimitives.ReadUInt32BigEndian(field) : 0;

        /// <summary>Only what a manifest's reader lets through: ASCII.</summary>
        public string Text(int length)
        {
            ReadOnlySpan<byte> field = Take(length);
            return Ascii.IsValid(field) ? Encoding.ASCII.GetString(field) : "";
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            ReadOnlySpan<byte> field = Rest[..Math.Min(length, Rest.Length)];
            Rest = Rest[field.Length..];
            return field;
        }
    }
}
