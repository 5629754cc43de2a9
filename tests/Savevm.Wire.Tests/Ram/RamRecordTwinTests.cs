using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Tests.Ram;

public class RamRecordTwinTests
{
    private static readonly Gen<ulong> Words = Gen.Frequency(
        (4, Gen.Select(Gen.ULong[0, 1UL << 35], Gen.Int[0, 11], Gen.Bool)
            .Select((page, bit, continues) => (page << 12) | (1UL << bit) | (continues ? 0x20UL : 0))),
        (2, Gen.Select(Gen.ULong[0, 1UL << 20], Gen.ULong[0, 0xfff]).Select((page, flags) => (page << 12) | flags)),
        (1, Gen.ULong));

    private static readonly Gen<byte[]> Tails = Gen.Frequency(
        (3, Gen.Char[' ', '~'].Array[1, 255].Select(name => (byte[])[(byte)name.Length, .. Encoding.ASCII.GetBytes(name), 0, 1, 2])),
        (1, Gen.Const(new byte[12])),
        (2, Gen.Byte.Array[0, 40]));

    [Fact]
    public void The_reader_agrees_with_its_slow_twin_on_any_bytes()
    {
        Gen.Select(Words, Tails, Gen.Int[0, 300]).Sample(
            (word, tail, cut) =>
            {
                byte[] bytes = [.. new byte[8], .. tail];
                BinaryPrimitives.WriteUInt64BigEndian(bytes, word);
                byte[] window = bytes[..Math.Min(cut, bytes.Length)];
                return SlowRamReader.Read(window) == Read(window) && SlowRamReader.Read(bytes) == Read(bytes);
            },
            iter: 20_000);
    }

    [Fact]
    public void What_the_writer_wrote_both_readers_read()
    {
        Gen.Select(Gen.ULong[0, (1UL << 34) - 1], Gen.Char[' ', '~'].Array[0, 255], Gen.Bool).Sample((page, name, isZero) =>
        {
            byte[] buffer = new byte[RamRecordWriter.MaxPageHeaderBytes + 1];
            byte[] block = Encoding.ASCII.GetBytes(name);
            int written = isZero
                ? RamRecordWriter.WriteZeroPage(buffer, page << 12, block)
                : RamRecordWriter.WritePageHeader(buffer, page << 12, block);
            var expected = new SlowRamReader.Result(
                SlowRamReader.Outcome.Record,
                isZero ? RamRecordKind.ZeroPage : RamRecordKind.Page,
                page << 12,
                Continues: name.Length == 0,
                new string(name),
                written,
                DefectAt: 0);
            byte[] bytes = buffer[..written];
            return SlowRamReader.Read(bytes) == expected && Read(bytes) == expected;
        });
    }

    private static SlowRamReader.Result Read(byte[] window)
    {
        try
        {
            if (!RamRecordReader.TryRead(window, 0, out RamRecord record, out int headerBytes))
                return SlowRamReader.Result.NeedsMore;
            return new SlowRamReader.Result(
                SlowRamReader.Outcome.Record,
                record.Kind,
                record.Address,
                record.Continues,
                Encoding.ASCII.GetString(record.BlockName),
                headerBytes,
                DefectAt: 0);
        }
        catch (WireException e)
        {
            return SlowRamReader.Result.DefectIn(e.Offset);
        }
    }
}
