using Savevm.Heaps.Regions;

namespace Savevm.Samples.KeyValue.Store;

/// <summary>
/// A hash table in native memory. Each write has a number of one sequence. Any thread may call; the parts of the table have locks of their own, and who
/// holds all of them has the store at a stand.
/// </summary>
internal sealed unsafe class KeyValueStore
{
    private const int PartCount = 64;

    private readonly Lock[] gates = [.. Enumerable.Range(0, PartCount).Select(_ => new Lock())];
    private readonly long* sequence;
    private readonly byte* slots;
    private readonly long slotsOfPart;

    public KeyValueStore(HeapRegion head, HeapRegion slots)
    {
        sequence = (long*)head.Address;
        this.slots = (byte*)slots.Address;
        slotsOfPart = slots.Length / Slot.Bytes / PartCount;
        Capacity = slotsOfPart * PartCount;
    }

    /// <summary>Places for keys.</summary>
    public long Capacity { get; }

    /// <summary>Number of the last write.</summary>
    public long Sequence => Volatile.Read(ref *sequence);

    /// <summary>Sets the value of a key; returns the number of the write.</summary>
    /// <exception cref="InvalidOperationException">There is no room for another key.</exception>
    public long Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var hash = Slot.HashOf(key);
        lock (GateOf(hash))
        {
            var slot = Find(hash, key);
            if (slot == null) throw new InvalidOperationException("the store is full");
            // Its number is taken under the lock: at a stand there is no write that has a number and is not done.
            var number = Interlocked.Increment(ref *sequence);
            slot->Set(number, key, value);
            return number;
        }
    }

    /// <summary>Copies the value of a key; returns its length, or -1 when there is none.</summary>
    public int Get(ReadOnlySpan<byte> key, Span<byte> value)
    {
        var hash = Slot.HashOf(key);
        lock (GateOf(hash))
        {
            var slot = Find(hash, key);
            if (slot == null || slot->IsFree) return -1;
            slot->Value.CopyTo(value);
            return slot->Value.Length;
        }
    }

    /// <summary>Nobody writes until what is returned is disposed of, by the same thread.</summary>
    public IDisposable Pause()
    {
        foreach (var gate in gates) gate.Enter();
        return new Stand(gates);
    }

    /// <summary>Looks at each slot that is taken, when nobody writes.</summary>
    public void ForEach(SlotVisitor visit)
    {
        for (long index = 0; index < Capacity; index++)
        {
            var slot = (Slot*)(slots + (index * Slot.Bytes));
            if (!slot->IsFree) visit(ref *slot);
        }
    }

    /// <summary>Whether a key is found where its slot is.</summary>
    public bool IsAtItsPlace(ref Slot slot) => Find(Slot.HashOf(slot.Key), slot.Key) == (Slot*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref slot);

    private static int PartOf(ulong hash) => (int)(hash >> 58);

    private Lock GateOf(ulong hash) => gates[PartOf(hash)];

    /// <summary>The slot of a key, or the free one for it; null when its part is full.</summary>
    private Slot* Find(ulong hash, ReadOnlySpan<byte> key)
    {
        var part = slots + (PartOf(hash) * slotsOfPart * Slot.Bytes);
        var index = (long)(hash % (ulong)slotsOfPart);
        for (long probes = 0; probes < slotsOfPart; probes++)
        {
            var slot = (Slot*)(part + (index * Slot.Bytes));
            if (slot->IsFree || slot->Key.SequenceEqual(key)) return slot;
            if (++index == slotsOfPart) index = 0;
        }
        return null;
    }

    private sealed class Stand(Lock[] gates) : IDisposable
    {
        public void Dispose()
        {
            foreach (var gate in gates) gate.Exit();
        }
    }
}
