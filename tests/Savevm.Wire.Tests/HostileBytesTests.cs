using System.Text;
using CsCheck;
using Savevm.Wire.Dialects;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;
using Savevm.Wire.ReturnPath;

namespace Savevm.Wire.Tests;

/// <summary>
/// Legal elements with a few bytes changed, cut anywhere: each reader says yes, says too short, or names an offset inside the
/// window. Nothing else happens, and memory stays in proportion to the bytes that came.
/// </summary>
public class HostileBytesTests
{
    private const long Offset = 0x7000_0000_0000;
    private const int MaxElementBytes = 1024;

    private static readonly string[] Elements =
    [
        "'QEVM' 00000003",
        "07 0000000e 'pc-i440fx-10.0' 05 1a 'configuration/capabilities' 00000001 00000002 0a 'mapped-ram' 01 'x' 08",
        "04 00000011 11 '0000:00:01.1/ide_' 00000001 00000003",
        "02 00000002",
        "7e 00000002",
        "08 0006 001a 00 06 'pc.ram' 00 0000000000001000 0000000000002000",
        "08 000a 0007 06 'pc.ram'",
        "08 0003 0010 0000000000001000 0000000000001000",
        "06 00000010",
        "0000000000002008 06 'pc.ram'",
        "0000000000003022 00",
        "06 'pc.ram' 0000000004000000 0000000000200000",
        "0003 0013 000000000156c000 00001000 06 'pc.ram'",
        "0000000000000008 ffffffffffffffff 0123456789abcdef",
    ];

    private static readonly (string Name, Windows.TryRead Read)[] Readers =
    [
        ("header", ForwardReader.TryReadHeader),
        ("configuration", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadConfiguration(w, o, out _, out c)),
        ("section header", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadSectionHeader(w, o, out _, out c)),
        ("footer", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadFooter(w, o, 2, out c)),
        ("command", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadCommand(w, o, out _, out c)),
        ("description", (ReadOnlySpan<byte> w, long o, out int c) => ForwardReader.TryReadDescriptionHeader(w, o, out _, out c)),
        ("RAM record", (ReadOnlySpan<byte> w, long o, out int c) => RamRecordReader.TryRead(w, o, out _, out c)),
        ("RAM block", (ReadOnlySpan<byte> w, long o, out int c) => RamSetupReader.TryReadBlock(
            w, o, new StreamDialect { HasPostcopyPageSizes = true }, 0x8000000, out _, out c)),
        ("return message", (ReadOnlySpan<byte> w, long o, out int c) => ReturnMessageReader.TryRead(w, o, out _, out c)),
        ("bitmap", (ReadOnlySpan<byte> w, long o, out int c) => ReturnMessageReader.TryReadReceivedBitmap(w, o, 64, out _, out c)),
        ("advise", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, PostcopyAdvise.Parse(w, o), out c)),
        ("discard", (ReadOnlySpan<byte> w, long o, out int c) => TakeWhole(w, RamDiscard.Parse(w, o), out c)),
    ];

    private static readonly Gen<byte[]> HostileWindows =
        Gen.Select(Gen.Int[0, Elements.Length - 1], Gen.Select(Gen.Int[0, 60], Gen.Byte).Array[0, 4], Gen.Int[0, 100]).Select(
            (index, changes, cut) =>
            {
                byte[] bytes = Hex.Bytes(Elements[index]);
                foreach ((int at, byte value) in changes)
                    bytes[at % bytes.Length] = value;
                return cut < bytes.Length ? bytes[..cut] : bytes;
            });

    [Fact]
    public void Every_reader_says_yes_too_short_or_where_the_defect_is()
    {
        Gen.Select(HostileWindows, Gen.Int[0, Readers.Length - 1]).Sample(
            (window, reader) =>
            {
                try
                {
                    bool done = Readers[reader].Read(window, Offset, out int consumed);
                    return done ? consumed > 0 && consumed <= window.Length : consumed == 0;
                }
                catch (WireException e)
                {
                    return e.Offset >= Offset && e.Offset <= Offset + window.Length;
                }
            },
            iter: 50_000);
    }

    [Theory]
    [InlineData("07 00000100 'pc'")]
    [InlineData("08 0006 ffff 00")]
    [InlineData("08 0007 0004 10000000")]
    [InlineData("06 01000000")]
    [InlineData("00003ffffffff004")]
    [InlineData("0003 010c 0000000000000000 00001000 ff")]
    public void A_large_number_alone_reserves_nothing(string element)
    {
        byte[] window = Hex.Bytes(element);
        foreach ((string name, Windows.TryRead read) in Readers)
        {
            Try(read, window);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Try(read, window);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 16 * MaxElementBytes, $"{name} allocated {allocated} bytes");
        }
    }

    [Fact]
    public void A_description_with_changed_bytes_is_read_or_refused()
    {
        byte[] stream = GoldenStream.Load("q72-precopy.devices.gz");
        byte[] text = stream[^99431..];
        Assert.Equal((byte)'{', text[0]);
        byte[][] pieces = [.. "\"|\\|{|}|[|]|-|9|,|:|e99|\\ud800|\"size\": 99999999999|\0|\x7f"
            .Split('|').Select(Encoding.Latin1.GetBytes)];
        Gen.Select(Gen.Int[0, text.Length - 1], Gen.Int[0, pieces.Length - 1], Gen.Int[0, text.Length]).Sample(
            (at, piece, end) =>
            {
                byte[] changed = [.. text[..at], .. pieces[piece], .. text[Math.Max(at, end)..]];
                try
                {
                    return VMDescription.Parse(changed, Offset).Entries.Count <= 31;
                }
                catch (WireException e)
                {
                    return e.Offset >= Offset && e.Offset <= Offset + changed.Length;
                }
            },
            iter: 500);
    }

    [Theory]
    [InlineData("{\"\\ud800\": 1}")]
    [InlineData("{\"devices\": [{\"\\ud800\": 1, \"name\": \"d\", \"instance_id\": 0}]}")]
    public void A_name_with_a_broken_escape_is_not_ours(string json) =>
        Assert.InRange(VMDescription.Parse(Encoding.UTF8.GetBytes(json), 0).Entries.Count, 0, 1);

    /// <summary>For payload parsers, which take the whole window or refuse it.</summary>
    private static bool TakeWhole<T>(ReadOnlySpan<byte> window, T parsed, out int consumed)
    {
        consumed = window.Length;
        return parsed is not null;
    }

    private static void Try(Windows.TryRead read, byte[] window)
    {
        try
        {
            read(window, Offset, out _);
        }
        catch (WireException)
        {
        }
    }
}
