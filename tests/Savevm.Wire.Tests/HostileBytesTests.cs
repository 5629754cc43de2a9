using System.Text;
using CsCheck;
using Savevm.Wire.Descriptions;

namespace Savevm.Wire.Tests;

/// <summary>
/// Legal elements with a few bytes changed, cut anywhere: each reader says yes, says too short, or names an offset inside the
/// window. Nothing else happens, and memory stays in proportion to the bytes that came.
/// </summary>
public class HostileBytesTests
{
    private const long Offset = 0x7000_0000_0000;
    private const int MaxElementBytes = 1024;

    private static readonly string[] Elements = HostileElements.Texts;

    private static readonly (string Name, Windows.TryRead Read)[] Readers = HostileElements.Readers;

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
    [InlineData("11223344 00000001 00000002 00000080 00000080 ffffffff")]
    [InlineData("00000004 ffffffffffffffff")]
    [InlineData("40 0000000000000000 ffffffff ffffffffffffffff")]
    [InlineData("ffffffffef100004 7fffffffffffffff")]
    [InlineData("'LibvirtQemudSave' 02000000 ffffff07 01000000 05000000 08000000")]
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
