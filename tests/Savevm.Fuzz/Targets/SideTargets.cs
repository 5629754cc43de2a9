using System.Text;
using Savevm.Fuzz.Engine;
using Savevm.Wire;
using Savevm.Wire.Colo;
using Savevm.Wire.Iterable;
using Savevm.Wire.ReturnPath;

namespace Savevm.Fuzz.Targets;

/// <summary>What travels beside devices and RAM: the return path, COLO, dirty bitmaps, disks, vfio.</summary>
internal static class SideTargets
{
    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("return-path", "return path messages and received bitmaps", ReturnPath, Seeds.ReturnPaths) { MaxBytes = 1024 },
        new("colo", "COLO messages of both sides", Colo, () => [[0, 0, 0, 0, 0, 0, 0, 2], [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0x34, 0x57], [0, 0, 0, 3, 0, 0, 0, 1]]) { MaxBytes = 64 },
        new("dirty-bitmap", "dirty bitmaps, followed from chunk to chunk", DirtyBitmap, Seeds.DirtyBitmaps),
        new("block-records", "records of block migration", Blocks, () => Seeds.Texts("00000000000000010276646100", "000000000000000c", "0000000000000002", "00000000000004090376646100")) { MaxBytes = 512 },
        new("vfio-records", "records of vfio devices", Vfio, () => Seeds.Texts("ffffffffef1000040000000000000003aabbcc", "ffffffffef100002aabbffffffffef100001", "ffffffffef100003")) { MaxBytes = 512 },
    ];

    private static void ReturnPath(ReadOnlySpan<byte> input)
    {
        int cut = input.Length == 0 ? 0 : input[^1];
        while (input.Length > 0)
        {
            int consumed = Promise.Element(
                "return message",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => ReturnMessageReader.TryRead(window, offset, out _, out bytes),
                RewriteReturnMessage,
                cut);
            if (consumed == 0)
                return;
            ReturnMessageReader.TryRead(input, 0, out ReturnMessage message, out _);
            bool hasBitmap = message.Type == ReturnMessageType.RecvBitmap;
            string name = Encoding.ASCII.GetString(message.BlockName);
            ReadOnlySpan<byte> whole = input;
            input = input[consumed..];
            if (!hasBitmap)
                continue;
            int pages = 1 + (cut * 3);
            int bitmapBytes = Promise.Element(
                "received bitmap",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => ReturnMessageReader.TryReadReceivedBitmap(window, offset, pages, out _, out bytes),
                null,
                cut);
            if (bitmapBytes == 0)
                return;
            ReturnMessageReader.TryReadReceivedBitmap(input, 0, pages, out ReadOnlySpan<byte> bitmap, out _);
            var writer = new WireWriter();
            ReturnMessageWriter.WriteReceivedBitmap(writer, name, pages, bitmap);
            Promise.That(writer.WrittenSpan.SequenceEqual(whole[..(consumed + bitmapBytes)]), "received bitmap: is written as it was read");
            input = input[bitmapBytes..];
        }
    }

    private static void RewriteReturnMessage(ReadOnlySpan<byte> window, WireWriter writer)
    {
        ReturnMessageReader.TryRead(window, 0, out ReturnMessage message, out int consumed);
        switch (message.Type)
        {
            case ReturnMessageType.Shut:
                ReturnMessageWriter.WriteShut(writer, message.Value);
                break;
            case ReturnMessageType.Pong:
                ReturnMessageWriter.WritePong(writer, message.Value);
                break;
            case ReturnMessageType.ReqPages:
                ReturnMessageWriter.WritePageRequest(writer, null, message.Start, message.Length);
                break;
            case ReturnMessageType.ReqPagesId:
                ReturnMessageWriter.WritePageRequest(writer, Encoding.ASCII.GetString(message.BlockName), message.Start, message.Length);
                break;
            case ReturnMessageType.ResumeAck:
                ReturnMessageWriter.WriteResumeAck(writer);
                break;
            case ReturnMessageType.SwitchoverAck:
                ReturnMessageWriter.WriteSwitchoverAck(writer);
                break;
            default:
                // The head of a bitmap is written with the bitmap.
                writer.WriteBytes(window[..consumed]);
                break;
        }
    }

    private static void Colo(ReadOnlySpan<byte> input)
    {
        if (input.Length == 0)
            return;
        bool fromPrimary = (input[^1] & 1) != 0;
        while (true)
        {
            int consumed = Promise.Element(
                "COLO message",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => ColoMessage.TryRead(window, offset, fromPrimary, out _, out bytes),
                (window, writer) =>
                {
                    ColoMessage.TryRead(window, 0, fromPrimary, out ColoMessage message, out _);
                    message.Write(writer);
                },
                input[^1]);
            if (consumed == 0 || consumed == input.Length)
                return;
            input = input[consumed..];
        }
    }

    private static void DirtyBitmap(ReadOnlySpan<byte> input)
    {
        var tracker = new DirtyBitmapTracker();
        int cut = input.Length == 0 ? 0 : input[^1];
        long offset = Promise.Offset;
        while (input.Length > 0)
        {
            int consumed = Promise.Element(
                "dirty bitmap",
                input,
                (ReadOnlySpan<byte> window, long at, out int bytes) => DirtyBitmapReader.TryRead(window, at, out _, out bytes),
                RewriteDirtyBitmap,
                cut);
            if (consumed == 0)
                return;
            DirtyBitmapReader.TryRead(input, 0, out DirtyBitmapChunk chunk, out _);
            MigratedBitmap? bitmap = tracker.Accept(chunk, offset);
            Promise.That(bitmap is null || tracker.Bitmaps.Contains(bitmap), "dirty bitmap: a chunk concerns a bitmap that began");
            Promise.That(bitmap is null || bitmap.DirtyGranules >= 0, "dirty bitmap: granules are counted", $"{bitmap?.DirtyGranules}");
            input = input[consumed..];
            offset += consumed;
        }
    }

    private static void RewriteDirtyBitmap(ReadOnlySpan<byte> window, WireWriter writer)
    {
        DirtyBitmapReader.TryRead(window, 0, out DirtyBitmapChunk chunk, out int consumed);
        string? node = chunk.NodeName.IsEmpty ? null : Encoding.ASCII.GetString(chunk.NodeName);
        string? name = chunk.BitmapName.IsEmpty ? null : Encoding.ASCII.GetString(chunk.BitmapName);
        DirtyBitmapFlags kind = chunk.Flags & ~(DirtyBitmapFlags.DeviceName | DirtyBitmapFlags.BitmapName);
        switch (kind)
        {
            case DirtyBitmapFlags.Start:
                DirtyBitmapWriter.WriteStart(writer, node, name, chunk.Granularity, chunk.BitmapFlags);
                break;
            case DirtyBitmapFlags.Bits:
            case DirtyBitmapFlags.Bits | DirtyBitmapFlags.Zeroes:
                DirtyBitmapWriter.WriteBits(writer, node, name, chunk.FirstSector, chunk.SectorCount, chunk.Bits);
                break;
            case DirtyBitmapFlags.Complete:
                DirtyBitmapWriter.WriteComplete(writer, node, name);
                break;
            default:
                // The end mark may stand in any chunk; we write it in one of its own.
                writer.WriteBytes(window[..consumed]);
                break;
        }
    }

    private static void Blocks(ReadOnlySpan<byte> input)
    {
        int cut = input.Length == 0 ? 0 : input[^1];
        while (true)
        {
            int consumed = Promise.Element(
                "block record",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => BlockRecordReader.TryRead(window, offset, out _, out bytes),
                null,
                cut);
            if (consumed == 0)
                return;
            input = input[consumed..];
        }
    }

    private static void Vfio(ReadOnlySpan<byte> input)
    {
        int cut = input.Length == 0 ? 0 : input[^1];
        int resumeAt = 0;
        bool isThere = VfioRecordReader.TryFindEnd(input, ref resumeAt, out int whole);
        int from = 0;
        int length = 0;
        bool isFound = false;
        for (int end = 0; end <= input.Length && !isFound; end += 1 + (cut % 11))
            isFound = VfioRecordReader.TryFindEnd(input[..end], ref from, out length);
        Promise.That(!isFound || (isThere && length == whole), "vfio: pieces change nothing");
        while (true)
        {
            int consumed = Promise.Element(
                "vfio record",
                input,
                (ReadOnlySpan<byte> window, long offset, out int bytes) => VfioRecordReader.TryRead(window, offset, out _, out _, out bytes),
                null,
                cut);
            if (consumed == 0)
                return;
            input = input[consumed..];
        }
    }
}
