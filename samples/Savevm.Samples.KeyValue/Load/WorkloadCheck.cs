using System.Buffers.Binary;
using System.Buffers.Text;
using Savevm.Samples.KeyValue.Store;

namespace Savevm.Samples.KeyValue.Load;

/// <summary>
/// Whether a store is what the writers had made it at one instant. Each write took one number of the sequence: when every writer's keys hold what its first n
/// writes leave in them, and all these n together are the sequence's last number, then every write up to the instant is there, and none from after it.
/// </summary>
internal static class WorkloadCheck
{
    /// <summary>Writes that each writer had done.</summary>
    /// <exception cref="InvalidDataException">The store is of no instant; the message says what is wrong.</exception>
    public static long[] Run(KeyValueStore store, int writers)
    {
        var keys = Workload.KeysOf(store, writers);
        var found = new long[writers][];
        for (var writer = 0; writer < writers; writer++) found[writer] = new long[keys];
        store.ForEach((ref slot) => Note(store, ref slot, found));
        var done = new long[writers];
        for (var writer = 0; writer < writers; writer++) done[writer] = WritesOf(writer, found[writer]);
        if (done.Sum() != store.Sequence)
            throw new InvalidDataException($"the writers have done {string.Join(" + ", done)} writes, and the last one has number {store.Sequence}");
        return done;
    }

    private static void Note(KeyValueStore store, ref Slot slot, long[][] found)
    {
        if (!slot.IsWhole) throw new InvalidDataException($"a slot is damaged; its number is {slot.Number}");
        if (slot.Number > store.Sequence) throw new InvalidDataException($"a slot has number {slot.Number}, and the last one is {store.Sequence}");
        if (!Utf8Parser.TryParse(slot.Key, out int writer, out var length) || !Utf8Parser.TryParse(slot.Key[(length + 1)..], out long key, out _))
            throw new InvalidDataException("a slot has a key that nobody writes");
        if (writer >= found.Length || key >= found[writer].Length) throw new InvalidDataException($"a slot has key {writer}:{key}, and there is no such");
        if (!store.IsAtItsPlace(ref slot)) throw new InvalidDataException($"key {writer}:{key} is not found where it is");
        var write = BinaryPrimitives.ReadInt64LittleEndian(slot.Value);
        if (write != BinaryPrimitives.ReadInt64LittleEndian(slot.Value[^sizeof(long)..])) throw new InvalidDataException($"key {writer}:{key} has a value of two writes");
        found[writer][key] = write;
    }

    private static long WritesOf(int writer, long[] found)
    {
        var done = found.Max();
        var expected = new long[found.Length];
        for (long write = 1; write <= done; write++) expected[Workload.KeyOf(write, found.Length)] = write;
        for (var key = 0; key < found.Length; key++)
        {
            if (found[key] != expected[key])
                throw new InvalidDataException($"key {writer}:{key} holds write {found[key]}, and after {done} writes it is {expected[key]}");
        }
        return done;
    }
}
