using System.Buffers.Binary;
using System.Globalization;
using Savevm.Samples.KeyValue.Store;

namespace Savevm.Samples.KeyValue.Load;

/// <summary>
/// Writers, each with keys of its own. What a writer does is told by how much it did: its write number n goes to a key that n alone decides, and the value
/// is n. So an image can be checked without knowing more than the image.
/// </summary>
internal sealed class Workload : IDisposable
{
    /// <summary>Bytes of a value.</summary>
    public const int ValueBytes = 64;

    private readonly KeyValueStore store;
    private readonly Thread[] threads;
    private readonly long[] done;
    private volatile bool ends;

    /// <summary>Begins, or goes on where an image ended.</summary>
    /// <param name="store">The store.</param>
    /// <param name="done">Writes that each writer has done.</param>
    public Workload(KeyValueStore store, long[] done)
    {
        this.store = store;
        this.done = done;
        var keys = KeysOf(store, done.Length);
        threads = [.. done.Select((_, writer) => new Thread(() => Write(writer, keys)) { IsBackground = true, Name = $"writer {writer}" })];
        foreach (var thread in threads) thread.Start();
    }

    /// <summary>Writes so far.</summary>
    public long Writes => done.Sum(static (each) => each);

    /// <summary>The longest that a write took since this was asked before, in milliseconds.</summary>
    public double TakeLongest() => TimeSpan.FromTicks(Interlocked.Exchange(ref longest, 0)).TotalMilliseconds;

    private long longest;

    /// <summary>Keys of each writer: half of the places.</summary>
    public static long KeysOf(KeyValueStore store, int writers) => store.Capacity / 2 / writers;

    /// <summary>The key of a writer's write: first each in turn, then any of them.</summary>
    public static long KeyOf(long write, long keys) => write <= keys ? write - 1 : (long)(Mix((ulong)write) % (ulong)keys);

    /// <summary>A key's bytes.</summary>
    public static int Format(int writer, long key, Span<byte> bytes)
    {
        writer.TryFormat(bytes, out var first, default, CultureInfo.InvariantCulture);
        bytes[first] = (byte)':';
        key.TryFormat(bytes[(first + 1)..], out var second, default, CultureInfo.InvariantCulture);
        return first + 1 + second;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ends = true;
        foreach (var thread in threads) thread.Join();
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 31)) * 0x7fb5d329728ea185UL;
        value = (value ^ (value >> 27)) * 0x81dadef4bc2dd44dUL;
        return value ^ (value >> 33);
    }

    private void Write(int writer, long keys)
    {
        Span<byte> key = stackalloc byte[40], value = stackalloc byte[ValueBytes];
        value.Clear();
        while (!ends)
        {
            var write = done[writer] + 1;
            BinaryPrimitives.WriteInt64LittleEndian(value, write);
            BinaryPrimitives.WriteInt64LittleEndian(value[(ValueBytes - sizeof(long))..], write);
            var begun = TimeProvider.System.GetTimestamp();
            store.Put(key[..Format(writer, KeyOf(write, keys), key)], value);
            var took = TimeProvider.System.GetElapsedTime(begun).Ticks;
            if (took > Volatile.Read(ref longest)) Volatile.Write(ref longest, took);
            Volatile.Write(ref done[writer], write);
        }
    }
}
