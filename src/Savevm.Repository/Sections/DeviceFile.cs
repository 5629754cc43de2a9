using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Savevm.Linux.Files;
using Savevm.Machine;
using Savevm.Machine.VMState;

namespace Savevm.Repository.Sections;

// The device file is a stream as QEMU writes one, without its RAM: anything that reads such streams reads it. Integers are big-endian.
//
//     51 45 56 4d  00 00 00 03                        magic, version
//     07  length  machine name  subsections           configuration, when the stream had one
//     04  section id  length idstr  instance  version  body  7e  section id      one FULL section per device, in stream order
//     00                                              EOF
//
// A FULL section carries no length; the manifest's index does, and the reader insists that both describe the same bytes.

/// <summary>Writes and reads the device file.</summary>
internal static class DeviceFile
{
    private const byte EndOfFile = 0x00, Full = 0x04, Configuration = 0x07, Footer = 0x7e;
    private const int FooterBytes = 5;
    private const int MaximumHeaderBytes = 14 + RepositoryLimits.NameBytes;
    private const int MaximumPreambleBytes = 13 + RepositoryLimits.MachineNameBytes;

    /// <summary>Checks a state against the limits before anything of it is written.</summary>
    /// <exception cref="MachineRefusedException">It is beyond them.</exception>
    internal static void CheckLimits(DeviceState state)
    {
        if (state.MachineName is { } machine && (machine.Length is 0 or > RepositoryLimits.MachineNameBytes || !Ascii.IsValid(machine)))
            throw new MachineRefusedException("the machine name is empty, too long or not ASCII");
        if (state.MachineName is null && state.ConfigurationSubsections.Length != 0)
            throw new MachineRefusedException("the configuration has subsections but no machine name");
        Refuse(state.ConfigurationSubsections.Length, RepositoryLimits.ConfigurationBytes, "bytes of configuration");
        Refuse(state.Sections.Count, RepositoryLimits.DeviceSections, "device sections");
        Refuse(state.Description.Length, RepositoryLimits.DescriptionBytes, "bytes of description");
        Refuse(state.Commands.Count, RepositoryLimits.Commands, "commands");
        Refuse(state.Commands.Sum(command => (long)command.Payload.Length), RepositoryLimits.CommandBytes, "bytes of commands");
        long total = MaximumPreambleBytes + state.ConfigurationSubsections.Length + 1;
        foreach (var section in state.Sections)
        {
            if (section.IdStr.Length is 0 or > RepositoryLimits.NameBytes || !Ascii.IsValid(section.IdStr))
                throw new MachineRefusedException($"the name of device section {section.SectionId} is empty, too long or not ASCII");
            total += (long)section.Body.Length + MaximumHeaderBytes + FooterBytes;
        }
        Refuse(total, RepositoryLimits.DeviceBytes, "bytes of device sections");
    }

    /// <summary>Writes the device file; returns what the manifest must know of it.</summary>
    internal static StoredDevices Write(LinuxFile file, DeviceState state)
    {
        var hash = new XxHash3();
        long offset = 0;
        Span<byte> buffer = stackalloc byte[Math.Max(MaximumHeaderBytes, MaximumPreambleBytes)];
        Append(buffer[..WritePreamble(buffer, state.MachineName)]);
        Append(state.ConfigurationSubsections.Span);
        var sections = new List<StoredSection>(state.Sections.Count);
        foreach (var section in state.Sections)
        {
            Append(buffer[..WriteHeader(buffer, section.SectionId, section.IdStr, section.InstanceId, section.VersionId)]);
            sections.Add(new StoredSection(section.IdStr, section.InstanceId, section.VersionId, section.SectionId,
                offset, section.Body.Length, section.IsEarly));
            Append(section.Body.Span);
            WriteFooter(buffer, section.SectionId);
            Append(buffer[..FooterBytes]);
        }
        Append([EndOfFile]);
        return new StoredDevices
        {
            Bytes = offset,
            Checksum = hash.GetCurrentHashAsUInt64(),
            MachineName = state.MachineName,
            ConfigurationBytes = state.ConfigurationSubsections.Length,
            RamSectionId = state.RamSectionId,
            Sections = sections,
            Commands = state.Commands,
        };

        void Append(ReadOnlySpan<byte> bytes)
        {
            file.Write(bytes, offset);
            hash.Append(bytes);
            offset += bytes.Length;
        }
    }

    /// <summary>Takes the device file apart; the result refers to <paramref name="file"/> and copies nothing.</summary>
    /// <exception cref="DamagedStateException">Checksum, framing and manifest do not agree.</exception>
    internal static DeviceState Read(ReadOnlyMemory<byte> file, StoredDevices stored, ReadOnlyMemory<byte> description)
    {
        if (XxHash3.HashToUInt64(file.Span) != stored.Checksum)
            throw new DamagedStateException(SnapshotFiles.Devices, -1, "does not match its checksum");
        Span<byte> expected = stackalloc byte[Math.Max(MaximumHeaderBytes, MaximumPreambleBytes)];
        long offset = 0;
        Expect(expected[..WritePreamble(expected, stored.MachineName)]);
        var subsections = Take(stored.ConfigurationBytes);
        var sections = new List<DeviceSection>(stored.Sections.Count);
        foreach (var section in stored.Sections)
        {
            Expect(expected[..WriteHeader(expected, section.SectionId, section.IdStr, section.InstanceId, section.VersionId)]);
            if (section.Offset != offset) throw Disagrees();
            var body = Take(section.Bytes);
            sections.Add(new DeviceSection(section.IdStr, section.InstanceId, section.VersionId, section.SectionId, body)
            {
                IsEarly = section.IsEarly,
            });
            WriteFooter(expected, section.SectionId);
            Expect(expected[..FooterBytes]);
        }
        Expect([EndOfFile]);
        if (offset != file.Length) throw Disagrees();
        return new DeviceState
        {
            MachineName = stored.MachineName,
            ConfigurationSubsections = subsections,
            RamSectionId = stored.RamSectionId,
            Sections = sections,
            Commands = stored.Commands,
            Description = description,
        };

        void Expect(ReadOnlySpan<byte> bytes)
        {
            if (!Take(bytes.Length).Span.SequenceEqual(bytes)) throw Disagrees();
        }

        ReadOnlyMemory<byte> Take(int length)
        {
            if (length > file.Length - offset) throw Disagrees();
            var taken = file.Slice((int)offset, length);
            offset += length;
            return taken;
        }

        DamagedStateException Disagrees() =>
            new(SnapshotFiles.Devices, offset, "the sections are not where the manifest says");
    }

    private static int WritePreamble(Span<byte> target, string? machineName)
    {
        ReadOnlySpan<byte> header = [0x51, 0x45, 0x56, 0x4d, 0, 0, 0, 3];
        header.CopyTo(target);
        if (machineName is null) return header.Length;
        target[8] = Configuration;
        var length = Encoding.ASCII.GetBytes(machineName, target[13..]);
        BinaryPrimitives.WriteInt32BigEndian(target[9..], length);
        return 13 + length;
    }

    private static int WriteHeader(Span<byte> target, uint sectionId, string idStr, uint instanceId, uint versionId)
    {
        target[0] = Full;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], sectionId);
        var length = Encoding.ASCII.GetBytes(idStr, target[6..]);
        target[5] = (byte)length;
        BinaryPrimitives.WriteUInt32BigEndian(target[(6 + length)..], instanceId);
        BinaryPrimitives.WriteUInt32BigEndian(target[(10 + length)..], versionId);
        return 14 + length;
    }

    private static void WriteFooter(Span<byte> target, uint sectionId)
    {
        target[0] = Footer;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], sectionId);
    }

    private static void Refuse(long value, long limit, string what)
    {
        if (value > limit) throw new MachineRefusedException($"the machine has {value} {what}, more than {limit}");
    }
}
