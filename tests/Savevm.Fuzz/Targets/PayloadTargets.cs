using System.Buffers.Binary;
using Savevm.Fuzz.Engine;
using Savevm.Machine.Ram.Compression;
using Savevm.Wire;
using Savevm.Wire.Multifd;

namespace Savevm.Fuzz.Targets;

/// <summary>Multifd channels and everything that unpacks pages. What is unpacked goes into buffers of fixed length.</summary>
internal static class PayloadTargets
{
    private const int PageBytes = 4096;
    private const int MaxPages = 4;

    // A decoder and an encoder of zstd have tables of their own.
    private const long CodecBytes = 4 << 20;

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("zlib-page", "a page compressed by itself", ZlibPages, Seeds.ZlibPages),
        new("payload-zlib", "multifd payloads of one zlib stream", input => Payloads(input, MultifdCompression.Zlib), () => Seeds.Payloads(MultifdCompression.Zlib))
        {
            MaxAllocatedBytes = CodecBytes,
        },
        new("payload-zstd", "multifd payloads of one zstd stream", input => Payloads(input, MultifdCompression.Zstd), () => Seeds.Payloads(MultifdCompression.Zstd))
        {
            MaxAllocatedBytes = CodecBytes,
        },
        new("multifd-packet", "the head of a multifd packet", Packet, Seeds.MultifdPackets) { MaxBytes = 2048 },
        new("multifd", "a multifd channel: initial packet, packets, payloads", Channel, Seeds.MultifdChannels) { MaxBytes = 16384, MaxAllocatedBytes = CodecBytes },
    ];

    private static void ZlibPages(ReadOnlySpan<byte> input)
    {
        byte[] page = new byte[PageBytes];
        ZlibPage.Decode(input, Promise.Offset, page);
        byte[] packed = new byte[WireLimits.MaxEncodedPageBytes];
        int written = ZlibPage.Encode(page, packed);
        Promise.That(written is >= 0 and <= WireLimits.MaxEncodedPageBytes, "zlib page: fits, or says that it does not", $"{written}");
        if (written == 0)
            return;
        byte[] again = new byte[PageBytes];
        ZlibPage.Decode(packed.AsSpan(0, written), Promise.Offset, again);
        Promise.That(again.AsSpan().SequenceEqual(page), "zlib page: what is packed unpacks");
    }

    /// <summary>Packets one behind the other: a byte for the number of pages, a be16 for the length, the payload.</summary>
    private static void Payloads(ReadOnlySpan<byte> input, MultifdCompression compression)
    {
        CompressionRow row = CompressionTable.Find(compression);
        using IPayloadDecoder decoder = row.CreateDecoder!();
        using IPayloadEncoder encoder = row.CreateEncoder!();
        using IPayloadDecoder second = row.CreateDecoder!();
        Span<byte> packed = new byte[MaxPages * PageBytes * 2];
        byte[] buffer = new byte[MaxPages * PageBytes];
        byte[] again = new byte[MaxPages * PageBytes];
        while (input.Length > 3)
        {
            int bytes = (1 + (input[0] % MaxPages)) * PageBytes;
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(input[1..]), input.Length - 3);
            ReadOnlySpan<byte> payload = input.Slice(3, length);
            input = input[(3 + length)..];
            Decode(decoder, payload, buffer.AsSpan(0, bytes));
            int written = encoder.Encode(buffer.AsSpan(0, bytes), packed);
            second.Decode(packed[..written], Promise.Offset, again.AsSpan(0, bytes));
            Promise.That(again.AsSpan(0, bytes).SequenceEqual(buffer.AsSpan(0, bytes)), "payload: what is packed unpacks");
        }
    }

    private static void Decode(IPayloadDecoder decoder, ReadOnlySpan<byte> payload, Span<byte> pages)
    {
        try
        {
            decoder.Decode(payload, Promise.Offset, pages);
        }
        catch (WireException e)
        {
            Promise.That(e.Offset >= Promise.Offset && e.Offset <= Promise.Offset + payload.Length, "payload: a defect lies in it", e.Message);
            throw;
        }
    }

    private static void Channel(ReadOnlySpan<byte> input)
    {
        if (input.Length == 0)
            return;
        int cut = input[^1];
        int consumed = Promise.Element(
            "multifd initial packet",
            input,
            (ReadOnlySpan<byte> window, long offset, out int bytes) => MultifdInitialPacket.TryRead(window, offset, out _, out bytes),
            null,
            cut);
        if (consumed == 0)
            return;
        CheckInitial(input);
        input = input[consumed..];
        byte[] pages = new byte[MultifdPacket.MaxPages * PageBytes];
        using IPayloadDecoder zlib = CompressionTable.Find(MultifdCompression.Zlib).CreateDecoder!();
        using IPayloadDecoder zstd = CompressionTable.Find(MultifdCompression.Zstd).CreateDecoder!();
        while (input.Length > 0)
        {
            consumed = Promise.Element(
                "multifd packet",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => MultifdPacketReader.TryRead(window, offset, out _, out bytes),
                null,
                cut * 7);
            if (consumed == 0)
                return;
            MultifdPacketReader.TryRead(input, 0, out MultifdPacket packet, out _);
            CheckPacket(packet);
            input = input[consumed..];
            if (packet.PayloadBytes > input.Length)
                return;
            ReadOnlySpan<byte> payload = input[..packet.PayloadBytes];
            input = input[packet.PayloadBytes..];
            IPayloadDecoder? decoder = packet.Compression switch
            {
                MultifdCompression.Zlib => zlib,
                MultifdCompression.Zstd => zstd,
                _ => null,
            };
            if (packet.NormalPages > 0 && decoder is not null)
                Decode(decoder, payload, pages.AsSpan(0, packet.NormalPages * PageBytes));
        }
    }

    private static void Packet(ReadOnlySpan<byte> input)
    {
        int consumed = Promise.Element(
            "multifd packet",
            input,
            (ReadOnlySpan<byte> window, long offset, out int bytes) => MultifdPacketReader.TryRead(window, offset, out _, out bytes),
            null,
            input.Length == 0 ? 0 : input[^1]);
        if (consumed == 0)
            return;
        MultifdPacketReader.TryRead(input, 0, out MultifdPacket packet, out _);
        CheckPacket(packet);
    }

    private static void CheckInitial(ReadOnlySpan<byte> window)
    {
        MultifdInitialPacket.TryRead(window, 0, out MultifdInitialPacket initial, out _);
        var writer = new WireWriter();
        initial.Write(writer);
        Promise.That(
            MultifdInitialPacket.TryRead(writer.WrittenSpan, 0, out MultifdInitialPacket same, out _) && same == initial,
            "multifd initial packet: what is written reads as the same");
    }

    private static void CheckPacket(scoped in MultifdPacket packet)
    {
        ulong[] normal = new ulong[packet.NormalPages];
        ulong[] zero = new ulong[packet.ZeroPages];
        for (int i = 0; i < normal.Length; i++)
            normal[i] = packet.GetNormalAddress(i);
        for (int i = 0; i < zero.Length; i++)
            zero[i] = packet.GetZeroAddress(i);
        byte[] written = new byte[MultifdPacketWriter.RamHeaderBytes];
        MultifdPacket again;
        if (packet.IsDeviceState)
        {
            MultifdPacketWriter.WriteDeviceState(written, packet.Name, packet.InstanceId, packet.PayloadBytes);
        }
        else if (normal.Length + zero.Length == 0)
        {
            MultifdPacketWriter.WriteSync(written, packet.Number);
        }
        else
        {
            MultifdPacketWriter.WritePages(written, packet.Number, packet.Name, normal, zero, packet.Compression, packet.PayloadBytes);
        }
        Promise.That(MultifdPacketReader.TryRead(written, 0, out again, out _), "multifd packet: what is written is read");
        bool isSame = again.Name.SequenceEqual(packet.Name) && again.PayloadBytes == packet.PayloadBytes && again.Number == packet.Number
            && again.NormalPages == packet.NormalPages && again.ZeroPages == packet.ZeroPages && again.InstanceId == packet.InstanceId;
        for (int i = 0; i < normal.Length && isSame; i++)
            isSame = again.GetNormalAddress(i) == normal[i];
        for (int i = 0; i < zero.Length && isSame; i++)
            isSame = again.GetZeroAddress(i) == zero[i];
        Promise.That(isSame, "multifd packet: what is written reads as the same");
    }
}
