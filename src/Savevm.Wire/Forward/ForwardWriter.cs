using System.Text;

namespace Savevm.Wire.Forward;

/// <summary>Writes the elements of the main stream. An argument that cannot travel is the caller's mistake.</summary>
public static class ForwardWriter
{
    /// <summary>Writes magic and version.</summary>
    public static void WriteHeader(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteBytes(ForwardReader.Magic);
        writer.WriteUInt32(ForwardReader.Version);
    }

    /// <summary>Writes the configuration section.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="machineName">Machine class name.</param>
    /// <param name="rawSubsections">Subsections as they shall travel; usually empty.</param>
    public static void WriteConfiguration(WireWriter writer, string machineName, ReadOnlySpan<byte> rawSubsections)
    {
        ArgumentNullException.ThrowIfNull(writer);
        byte[] name = WireText.ToBytes(machineName, WireLimits.MaxMachineNameBytes, nameof(machineName));
        writer.WriteByte((byte)SectionType.Configuration);
        writer.WriteUInt32((uint)name.Length);
        writer.WriteBytes(name);
        writer.WriteBytes(rawSubsections);
    }

    /// <summary>Writes the configuration section with its subsections.</summary>
    public static void WriteConfiguration(WireWriter writer, ConfigurationRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        WriteConfiguration(writer, record.MachineName, record.Subsections);
    }

    /// <summary>Writes the head of a START or FULL section.</summary>
    public static void WriteSectionStart(
        WireWriter writer, SectionType type, uint sectionId, string idStr, uint instanceId, uint versionId)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (type is not (SectionType.Start or SectionType.Full))
            throw new ArgumentException($"{type} has no such head.", nameof(type));
        byte[] name = WireText.ToBytes(idStr, WireLimits.MaxIdStrBytes, nameof(idStr));
        writer.WriteByte((byte)type);
        writer.WriteUInt32(sectionId);
        writer.WriteCountedString(name);
        writer.WriteUInt32(instanceId);
        writer.WriteUInt32(versionId);
    }

    /// <summary>Writes the head of a PART or END section.</summary>
    public static void WriteSectionPart(WireWriter writer, SectionType type, uint sectionId)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (type is not (SectionType.Part or SectionType.End))
            throw new ArgumentException($"{type} has no such head.", nameof(type));
        writer.WriteByte((byte)type);
        writer.WriteUInt32(sectionId);
    }

    /// <summary>Writes the footer of a section.</summary>
    public static void WriteFooter(WireWriter writer, uint sectionId)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteByte((byte)SectionType.Footer);
        writer.WriteUInt32(sectionId);
    }

    /// <summary>Writes a command.</summary>
    /// <exception cref="ArgumentException">The table does not know the command or not with this length.</exception>
    public static void WriteCommand(WireWriter writer, CommandType type, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (CommandTable.Find(type) is not { } row || !row.AcceptsLength(payload.Length))
            throw new ArgumentException($"Command {type} with {payload.Length} bytes of payload.", nameof(payload));
        writer.WriteByte((byte)SectionType.Command);
        writer.WriteUInt16((ushort)type);
        writer.WriteUInt16((ushort)payload.Length);
        writer.WriteBytes(payload);
    }

    /// <summary>Writes a command without payload.</summary>
    public static void WriteCommand(WireWriter writer, CommandType type) => WriteCommand(writer, type, []);

    /// <summary>Writes a PING.</summary>
    public static void WritePing(WireWriter writer, uint value) =>
        WriteCommand(writer, CommandType.Ping, [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);

    /// <summary>Writes the command that announces a packaged stream; its <paramref name="length"/> bytes must follow.</summary>
    public static void WritePackagedHeader(WireWriter writer, uint length)
    {
        if (length is 0 or > WireLimits.MaxPackagedBytes)
            throw new ArgumentOutOfRangeException(nameof(length), length, "A packaged stream that no reader of ours takes.");
        WriteCommand(
            writer, CommandType.Packaged, [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
    }

    /// <summary>Writes the command that asks which pages of a block were received. It begins a recovery.</summary>
    public static void WriteRecvBitmap(WireWriter writer, string blockName)
    {
        byte[] name = WireText.ToBytes(blockName, WireLimits.MaxIdStrBytes, nameof(blockName));
        WriteCommand(writer, CommandType.RecvBitmap, [(byte)name.Length, .. name]);
    }

    /// <summary>Writes the end mark of a stream or of a packaged stream.</summary>
    public static void WriteEndOfFile(WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteByte((byte)SectionType.Eof);
    }

    /// <summary>Writes the JSON description; empty text is the shortest legal form.</summary>
    public static void WriteDescription(WireWriter writer, ReadOnlySpan<byte> json)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (json.Length > WireLimits.MaxDescriptionBytes)
            throw new ArgumentException($"A description of {json.Length} bytes.", nameof(json));
        writer.WriteByte((byte)SectionType.VMDescription);
        writer.WriteUInt32((uint)json.Length);
        writer.WriteBytes(json);
    }

    /// <summary>Writes the JSON description.</summary>
    public static void WriteDescription(WireWriter writer, string json) => WriteDescription(writer, Encoding.UTF8.GetBytes(json));
}
