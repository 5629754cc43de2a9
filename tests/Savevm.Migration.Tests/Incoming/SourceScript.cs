using Savevm.Machine.Ram;
using Savevm.Wire;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Tests.Incoming;

/// <summary>Writes what a source might send, record by record; nothing is checked.</summary>
internal sealed class SourceScript
{
    private const uint RamId = 2;
    private readonly WireWriter output = new();

    public byte[] Bytes => output.WrittenSpan.ToArray();

    public SourceScript Opening(params byte[] subsections)
    {
        ForwardWriter.WriteHeader(output);
        ForwardWriter.WriteConfiguration(output, "pc-test-1.0", subsections);
        return this;
    }

    public SourceScript ReturnPath() => Do(writer =>
    {
        ForwardWriter.WriteCommand(writer, CommandType.OpenReturnPath);
        ForwardWriter.WritePing(writer, 0x1234);
    });

    public SourceScript Blocks(params (string IdStr, ulong Bytes)[] blocks) => Do(writer =>
    {
        ForwardWriter.WriteSectionStart(writer, SectionType.Start, RamId, "ram", 0, 4);
        RamRecordWriter.WriteSetup(writer, blocks.Select(block => new RamSetupBlock(block.IdStr, block.Bytes, 0)), StreamDialect.Default);
        EndBody(writer);
    });

    public SourceScript Pages(SectionType type, params (string? IdStr, ulong Address, byte? Fill)[] pages) => Do(writer =>
    {
        ForwardWriter.WriteSectionPart(writer, type, RamId);
        Span<byte> header = stackalloc byte[RamRecordWriter.MaxPageHeaderBytes + 1];
        foreach (var (idStr, address, fill) in pages)
        {
            var name = idStr is null ? [] : System.Text.Encoding.ASCII.GetBytes(idStr);
            if (fill is null)
            {
                writer.WriteBytes(header[..RamRecordWriter.WriteZeroPage(header, address, name)]);
                continue;
            }
            writer.WriteBytes(header[..RamRecordWriter.WritePageHeader(header, address, name)]);
            var content = new byte[RamBlock.PageSize];
            Array.Fill(content, fill.Value);
            writer.WriteBytes(content);
        }
        EndBody(writer);
    });

    public SourceScript Device(string idStr, uint id, params byte[] body) => Do(writer =>
    {
        ForwardWriter.WriteSectionStart(writer, SectionType.Full, id, idStr, 0, 1);
        writer.WriteBytes(body);
        ForwardWriter.WriteFooter(writer, id);
    });

    public SourceScript End(string description = "{}") => Do(writer =>
    {
        ForwardWriter.WriteEndOfFile(writer);
        ForwardWriter.WriteDescription(writer, description);
    });

    public SourceScript Command(CommandType type) => Do(writer => ForwardWriter.WriteCommand(writer, type));

    public SourceScript Advise() => Do(writer =>
        ForwardWriter.WriteCommand(writer, CommandType.PostcopyAdvise, new PostcopyAdvise(RamBlock.PageSize, RamBlock.PageSize).ToPayload()));

    public SourceScript Discard(string idStr, ulong start, ulong length) => Do(writer =>
        ForwardWriter.WriteCommand(writer, CommandType.PostcopyRamDiscard, new RamDiscard(idStr, [new RamRange(start, length)]).ToPayload()));

    public SourceScript Package(SourceScript inner) => Do(writer =>
    {
        ForwardWriter.WritePackagedHeader(writer, (uint)inner.Bytes.Length);
        writer.WriteBytes(inner.Bytes);
    });

    public SourceScript AskBitmap(string idStr) => Do(writer => ForwardWriter.WriteRecvBitmap(writer, idStr));

    /// <summary>The end of a stream in postcopy.</summary>
    public SourceScript PostcopyEnd() => Pages(SectionType.End).Do(ForwardWriter.WriteEndOfFile);

    public SourceScript Hex(string hex) => Do(writer => writer.WriteBytes(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal))));

    private static void EndBody(WireWriter writer)
    {
        RamRecordWriter.WriteEndOfSection(writer);
        ForwardWriter.WriteFooter(writer, RamId);
    }

    private SourceScript Do(Action<WireWriter> write)
    {
        write(output);
        return this;
    }
}
