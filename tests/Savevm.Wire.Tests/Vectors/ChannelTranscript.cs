using System.Buffers.Binary;
using System.Text;
using Savevm.Wire.Multifd;
using Savevm.Wire.Ram;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests.Vectors;

/// <summary>Reads multifd channels and return paths with the real readers, and writes them again with the real writers.</summary>
internal sealed class ChannelTranscript
{
    internal List<string> Lines { get; } = [];

    internal WireWriter Rewritten { get; } = new();

    /// <summary>The channel with everything made zero that means nothing: the writer does not repeat what a sender left behind.</summary>
    internal byte[] Canonical { get; private set; } = [];

    internal static ChannelTranscript ReadMultifd(byte[] bytes)
    {
        var transcript = new ChannelTranscript { Canonical = [.. bytes] };
        Assert.True(MultifdInitialPacket.TryRead(bytes, 0, out MultifdInitialPacket initial, out int position));
        transcript.Lines.Add($"11223344 1 {initial.Uuid:n} channel {initial.ChannelId}");
        initial.Write(transcript.Rewritten);
        while (position < bytes.Length)
            transcript.ReadPacket(bytes, ref position);
        return transcript;
    }

    internal static ChannelTranscript ReadReturnPath(byte[] bytes, IReadOnlyDictionary<string, int> pages)
    {
        var transcript = new ChannelTranscript { Canonical = bytes };
        for (int position = 0; position < bytes.Length;)
            transcript.ReadMessage(bytes, ref position, pages);
        return transcript;
    }

    private void ReadPacket(byte[] bytes, ref int position)
    {
        Assert.True(MultifdPacketReader.TryRead(bytes.AsSpan(position), position, out MultifdPacket packet, out int headerBytes));
        ulong[] normal = [.. Read(packet, packet.NormalPages, isZero: false)];
        ulong[] zero = [.. Read(packet, packet.ZeroPages, isZero: true)];
        ReadOnlySpan<byte> payload = bytes.AsSpan(position + headerBytes, packet.PayloadBytes);
        var line = new StringBuilder($"{position:x6} 11223344 1 flags {(uint)packet.Flags} slots {packet.AllocatedPages}");
        line.Append($" number {packet.Number} announced {packet.AnnouncedBytes}");
        if (!packet.Name.IsEmpty)
            line.Append($" {Encoding.ASCII.GetString(packet.Name)}");
        line.Append(" pages").AppendJoin("", normal.Select(address => $" {address:x}"));
        line.Append(" zero").AppendJoin("", zero.Select(address => $" {address:x}"));
        Lines.Add(line.Append($" payload {payload.Length} {Sum.Of(payload)}").ToString());
        Rewrite(packet, normal, zero, payload, position);
        position += headerBytes + packet.PayloadBytes;
    }

    private void Rewrite(in MultifdPacket packet, ulong[] normal, ulong[] zero, ReadOnlySpan<byte> payload, int position)
    {
        byte[] head = new byte[MultifdPacketWriter.RamHeaderBytes];
        Span<byte> canonical = Canonical.AsSpan(position, head.Length);
        if (normal.Length + zero.Length > 0)
        {
            MultifdPacketWriter.WritePages(head, packet.Number, packet.Name, normal, zero, packet.Compression, payload.Length);
            canonical[(64 + packet.Name.Length)..320].Clear();
            canonical[(320 + (8 * (normal.Length + zero.Length)))..].Clear();
        }
        else
        {
            MultifdPacketWriter.WriteSync(head, packet.Number);
            canonical[12..24].Clear();
            canonical[32..].Clear();
        }

        // A SYNC with pages, and the empty packet behind it, are old forms that our writer does not write.
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), (uint)packet.Flags);
        Rewritten.WriteBytes(head);
        Rewritten.WriteBytes(payload);
    }

    private static List<ulong> Read(in MultifdPacket packet, int count, bool isZero)
    {
        var addresses = new List<ulong>();
        for (int i = 0; i < count; i++)
            addresses.Add(isZero ? packet.GetZeroAddress(i) : packet.GetNormalAddress(i));
        return addresses;
    }

    private void ReadMessage(byte[] bytes, ref int position, IReadOnlyDictionary<string, int> pages)
    {
        int at = position;
        Assert.True(ReturnMessageReader.TryRead(bytes.AsSpan(at), at, out ReturnMessage message, out int consumed));
        position += consumed;
        string line = $"{at:x6} {ReturnMessageTable.Find(message.Type)!.Name}";
        string name = Encoding.ASCII.GetString(message.BlockName);
        switch (message.Type)
        {
            case ReturnMessageType.Shut:
                line += $" {message.Value}";
                ReturnMessageWriter.WriteShut(Rewritten, message.Value);
                break;
            case ReturnMessageType.Pong:
                line += $" {message.Value}";
                ReturnMessageWriter.WritePong(Rewritten, message.Value);
                break;
            case ReturnMessageType.ResumeAck:
                line += $" {message.Value}";
                ReturnMessageWriter.WriteResumeAck(Rewritten);
                break;
            case ReturnMessageType.SwitchoverAck:
                ReturnMessageWriter.WriteSwitchoverAck(Rewritten);
                break;
            case ReturnMessageType.RecvBitmap:
                Assert.True(ReturnMessageReader.TryReadReceivedBitmap(
                    bytes.AsSpan(position), position, pages[name], out ReadOnlySpan<byte> bits, out consumed));
                position += consumed;
                line += $" {name} {bits.Length} {Sum.Of(bits)} received {PageBits.CountSet(bits, pages[name])} mark 0123456789abcdef";
                ReturnMessageWriter.WriteReceivedBitmap(Rewritten, name, pages[name], bits);
                break;
            default:
                line += $" 0x{message.Start:x}+0x{message.Length:x} {name}".TrimEnd();
                ReturnMessageWriter.WritePageRequest(
                    Rewritten, message.Type == ReturnMessageType.ReqPagesId ? name : null, message.Start, message.Length);
                break;
        }
        Lines.Add(line);
    }
}
