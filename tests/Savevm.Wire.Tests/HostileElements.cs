using Savevm.Wire.Channels;
using Savevm.Wire.Colo;
using Savevm.Wire.Containers;
using Savevm.Wire.Containers.Libvirt;
using Savevm.Wire.Containers.Qcow2;
using Savevm.Wire.Dialects;
using Savevm.Wire.Forward;
using Savevm.Wire.Iterable;
using Savevm.Wire.Multifd;
using Savevm.Wire.Ram;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests;

/// <summary>One legal element of every kind, and every reader: for tests that change the one and give it to the other.</summary>
internal static class HostileElements
{
    private static readonly Qcow2Header Image = new(3, 16, 37 << 20, 2, 0x50000);

    internal static readonly string[] Texts =
    [
        "'QEVM' 00000003",
        "07 0000000e 'pc-i440fx-10.0' 05 1a 'configuration/capabilities' 00000001 00000002 0a 'mapped-ram' 01 'x' 08",
        "07 00000002 'pc' 05 12 'configuration/uuid' 00000001 00112233445566778899aabbccddeeff 01",
        "04 00000011 11 '0000:00:01.1/ide_' 00000001 00000003",
        "02 00000002",
        "7e 00000002",
        "08 0006 001a 00 06 'pc.ram' 00 0000000000001000 0000000000002000",
        "00 06 'pc.ram' 00 0000000000001000 0000000000002000",
        "08 000a 0007 06 'pc.ram'",
        "08 0003 0010 0000000000001000 0000000000001000",
        "0000000000001000 0000000000001000",
        "06 00000010",
        "0000000000002008 06 'pc.ram'",
        "0000000000003022 00",
        "01 0003 000107",
        "00000002 7801",
        "06 'pc.ram' 0000000004000000 0000000000200000",
        "06 'pc.ram' 0000000004000000 00000001 0000000000001000 000000000000002b 0000000000100000",
        "0003 0013 000000000156c000 00001000 06 'pc.ram'",
        "0000000000000008 ffffffffffffffff 0123456789abcdef",
        "00000004 0000000000003456",
        "1c 02 'd0' 02 'b1' 00001000 01 14 02 'b0' 00010000 01 01",
        "40 0000000000000000 00000001 0000000000000002 ffff",
        "0000000000000209 06 'virtio'",
        "ffffffffef100004 0000000000000003 aabbcc",
        "11223344 00000001 00112233445566778899aabbccddeeff 03" + Zeros(39),
        "'LibvirtQemudSave' 02000000 10000000 01000000 05000000 08000000" + Zeros(56),
        "'QFI' fb 00000003" + Zeros(15) + "10 0000000002500000" + Zeros(28) + "00000002 0000000000050000" + Zeros(28) + "00000068" + Zeros(8),
        "0000000000060000 00000005 0001 0005 65e1c000 00000000 0000000000000000 00000000 00000008 0000000000001000 '1snap1' 0000",
        "80000000000a0000",
    ];

    internal static readonly (string Name, Windows.TryRead Read)[] Readers =
    [
        ("header", ForwardReader.TryReadHeader),
        ("configuration", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadConfiguration(w, o, out _, out c)),
        ("section header", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadSectionHeader(w, o, out _, out c)),
        ("footer", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadFooter(w, o, 2, out c)),
        ("command", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadCommand(w, o, out _, out c)),
        ("description", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadDescriptionHeader(w, o, out _, out c)),
        ("RAM record", (ReadOnlySpan<byte> w, long o, out int c) => RamRecordReader.TryRead(w, o, out _, out c)),
        ("XBZRLE", (ReadOnlySpan<byte> w, long o, out int c) => RamPayloadReader.TryRead(RamRecordKind.Xbzrle, w, o, out _, out c)),
        ("compressed page", (ReadOnlySpan<byte> w, long o, out int c) => RamPayloadReader.TryRead(RamRecordKind.CompressedPage, w, o, out _, out c)),
        ("RAM block", (ReadOnlySpan<byte> w, long o, out int c) => RamSetupReader.TryReadBlock(
            w, o, new StreamDialect { HasPostcopyPageSizes = true }, 0x8000000, out _, out c)),
        ("mapped RAM block", (ReadOnlySpan<byte> w, long o, out int c) => RamSetupReader.TryReadBlock(
            w, o, new StreamDialect { HasMappedRam = true }, 0x8000000, out _, out c)),
        ("return message", (ReadOnlySpan<byte> w, long o, out int c) => ReturnMessageReader.TryRead(w, o, out _, out c)),
        ("bitmap", (ReadOnlySpan<byte> w, long o, out int c) => ReturnMessageReader.TryReadReceivedBitmap(w, o, 64, out _, out c)),
        ("COLO of the primary", (ReadOnlySpan<byte> w, long o, out int c) => ColoMessage.TryRead(w, o, true, out _, out c)),
        ("COLO of the secondary", (ReadOnlySpan<byte> w, long o, out int c) => ColoMessage.TryRead(w, o, false, out _, out c)),
        ("dirty bitmap", (ReadOnlySpan<byte> w, long o, out int c) => DirtyBitmapReader.TryRead(w, o, out _, out c)),
        ("block migration", (ReadOnlySpan<byte> w, long o, out int c) => BlockRecordReader.TryRead(w, o, out _, out c)),
        ("vfio", (ReadOnlySpan<byte> w, long o, out int c) => VfioRecordReader.TryRead(w, o, out _, out _, out c)),
        ("multifd initial packet", (ReadOnlySpan<byte> w, long o, out int c) => MultifdInitialPacket.TryRead(w, o, out _, out c)),
        ("multifd packet", (ReadOnlySpan<byte> w, long o, out int c) => MultifdPacketReader.TryRead(w, o, out _, out c)),
        ("channel", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, ChannelRecognition.TryRecognise(w, out _), out c)),
        ("container", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, ContainerTable.TryRecognise(w, false, out _), out c)),
        ("libvirt", (ReadOnlySpan<byte> w, long o, out int c) => FromStart(o, w, TryLibvirt, out c)),
        ("qcow2", (ReadOnlySpan<byte> w, long o, out int c) => FromStart(o, w, TryQcow2, out c)),
        ("qcow2 snapshot", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, Qcow2Snapshot.TryRead(w, o, Image, out _, out _), out c)),
        ("qcow2 cluster", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, w.Length >= 8 && Qcow2Cluster.Parse(w[..8], o, Image).StoredBytes >= 0, out c)),
        ("advise", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, PostcopyAdvise.Parse(w, o) != default, out c)),
        ("discard", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, RamDiscard.Parse(w, o).Ranges.Count > 0, out c)),
    ];

    private delegate bool TryReadFromStart(ReadOnlySpan<byte> window);

    private static bool TryLibvirt(ReadOnlySpan<byte> window) => LibvirtHeader.TryRead(window, out _);

    private static bool TryQcow2(ReadOnlySpan<byte> window) => Qcow2Header.TryRead(window, out _);

    /// <summary>For readers that take the whole window.</summary>
    private static bool TakeWhole(ReadOnlySpan<byte> window, bool isTaken, out int consumed)
    {
        consumed = isTaken ? window.Length : 0;
        return isTaken;
    }

    /// <summary>For readers of files, whose offsets count from the beginning.</summary>
    private static bool FromStart(long offset, ReadOnlySpan<byte> window, TryReadFromStart read, out int consumed)
    {
        try
        {
            return TakeWhole(window, read(window), out consumed);
        }
        catch (WireException e)
        {
            throw new WireException(offset + e.Offset, e.Reason);
        }
    }

    private static string Zeros(int count) => " " + new string('0', 2 * count) + " ";
}
