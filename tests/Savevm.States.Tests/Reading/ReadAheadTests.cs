using System.Buffers.Binary;
using Savevm.States.Opening;
using Savevm.States.Reading;

namespace Savevm.States.Tests.Reading;

/// <summary>A thread that reads ahead changes nothing of what is read, however slowly either side gets on.</summary>
public sealed class ReadAheadTests
{
    private const int Chunk = ReadAhead.ChunkBytes;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(3, 5)]
    [InlineData(40, 0)]
    public void EveryChunkIsTheOneThatFollows(int readerStops, int consumerStops)
    {
        const int chunks = 300;
        long end = (chunks * (long)Chunk) + 1000;
        var random = new Random(readerStops + (100 * consumerStops));
        int mainThread = Environment.CurrentManagedThreadId;
        var turns = new ThreadLocal<Random>(() => new Random(readerStops));
        using var ahead = new ReadAhead(
            (buffer, position) =>
            {
                int count = (int)Math.Clamp(end - position, 0, buffer.Length);
                for (int i = 0; i + 8 <= count; i += 512)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(buffer[i..], position + i);
                    // A thread is stopped in the middle of a read while the other goes on.
                    if (i == 512 && Environment.CurrentManagedThreadId != mainThread && turns.Value!.Next(100) < readerStops)
                        Thread.Sleep(2);
                }
                return count;
            },
            offset: 0);

        byte[] own = new byte[ReadAhead.BufferBytes];
        byte[] tail = [];
        for (int chunk = 0; chunk <= chunks; chunk++)
        {
            int count = ahead.Take(tail, own, out byte[] buffer);
            Assert.Equal(chunk < chunks ? Chunk : 1000, count);
            Assert.Equal(tail, buffer.AsSpan(ReadAhead.HeadroomBytes - tail.Length, tail.Length));
            AssertIs(buffer, count, chunk);
            if (random.Next(100) < consumerStops)
                Thread.Sleep(2);
            AssertIs(buffer, count, chunk);
            tail = buffer.AsSpan(ReadAhead.HeadroomBytes + count - Math.Min(count, chunk % 700), Math.Min(count, chunk % 700)).ToArray();
        }
    }

    [Fact]
    public void AFailureIsTheConsumers()
    {
        using var ahead = new ReadAhead((_, position) => position >= 3 * Chunk ? throw new IOException("torn out") : Chunk, offset: 0);
        byte[] own = new byte[ReadAhead.BufferBytes];
        int taken = 0;
        Assert.Throws<IOException>(() =>
        {
            for (; taken < 10; taken++)
                ahead.Take([], own, out _);
        });
        Assert.InRange(taken, 0, 3);
    }

    [Fact]
    public void AFileIsReadThroughWhole()
    {
        using var folder = new TestFolder();
        byte[] bytes = new byte[(24 << 20) + 4321];
        new Random(4).NextBytes(bytes);
        using SavedStateFile file = SavedStateFile.Open(folder.Write("long", [.. "QEVM\0\0\0\x3"u8, .. bytes]));
        using var input = new StateInput(file);
        Assert.True(input.Skip(8));
        var random = new Random(5);
        for (int at = 0; at < bytes.Length;)
        {
            // Elements of every length, now and then one that is longer than what is kept of a chunk, and a step back.
            int want = Math.Min(bytes.Length - at, random.Next(40) switch { 0 => 200_000, 1 => ReadAhead.HeadroomBytes + 1, _ => random.Next(5000) });
            Assert.True(input.Require(want));
            Assert.True(input.Unread[..want].SequenceEqual(bytes.AsSpan(at, want)), $"at {at}");
            input.Consume(want);
            at += want;
            if (random.Next(3000) == 0)
            {
                at -= Math.Min(at, 100_000);
                input.Seek(at + 8);
            }
        }
        Assert.False(input.ReadMore());
        Assert.Equal(bytes.Length + 8, input.Offset);
    }

    private static void AssertIs(byte[] buffer, int count, int chunk)
    {
        for (int i = 0; i + 8 <= count; i += 512)
        {
            long position = BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(ReadAhead.HeadroomBytes + i));
            Assert.True(position == (chunk * (long)Chunk) + i, $"chunk {chunk} at {i}: {position}");
        }
    }
}
