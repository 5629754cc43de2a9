using System.Runtime.InteropServices;
using Savevm.Machine.Ram;

namespace Savevm.Migration.Relay;

/// <summary>
/// The pages between a source and a destination in postcopy: kept from their arrival until the destination is known to have them. It is filled by who
/// reads the source, emptied by who writes to the destination, asked by who hears its requests; one lock holds all of it together, taken once for a page
/// that is copied anyway.
/// </summary>
/// <remarks>
/// A <em>unit</em> is a host page of the destination, which is sent as a whole: one target page mostly, 512 with huge pages. Unit numbers go through all
/// blocks. All tables are native and zero at first, so that RAM that never arrives costs nothing:
/// <code>
/// units   state of each unit                         next    links of the units that wait, and of those that were sent
/// slots   where each page lies: 0 nowhere, -1 it is all zero, n in place n-1 of the pool
/// </code>
/// </remarks>
internal sealed unsafe partial class HeldPages : IDisposable
{
    /// <summary>What is said of a machine that is too large.</summary>
    public const string TooMuch = "so much RAM is not kept account of within --keep";

    private const int ZeroPage = -1;
    private const int MostPages = int.MaxValue - 64;
    private const byte StateMask = 3, There = 0, Outstanding = 1, Held = 2, Sent = 3, Wanted = 4;

    private readonly object gate = new();
    private readonly IReadOnlyList<RamBlock> blocks;
    private readonly int[] unitPages, firstUnit, firstPage;
    private readonly int unitCount;
    private readonly int capacity;
    private readonly byte* pool;
    private readonly byte* units;
    private readonly int* slots, nextHeld, nextSent;
    private readonly int* arrived;
    private int freshSlots, freeSlot = -1;
    private int heldHead = -1, heldTail = -1, sentHead = -1, sentTail = -1;
    private long outstanding, heldUnits, sentUnits, usedSlots, unconfirmableSlots, wantedUnits, underWay, duplicates;
    private int epoch;
    private bool sourceEnded, ended;

    /// <summary>Makes room; nothing is outstanding yet.</summary>
    /// <param name="blocks">The machine's RAM.</param>
    /// <param name="unitPages">Target pages in a host page of each block.</param>
    /// <param name="keepBytes">The most memory for pages.</param>
    public HeldPages(IReadOnlyList<RamBlock> blocks, IReadOnlyList<int> unitPages, long keepBytes)
    {
        this.blocks = blocks;
        this.unitPages = [.. unitPages];
        (firstUnit, firstPage) = (new int[blocks.Count], new int[blocks.Count]);
        long pages = 0, count = 0;
        foreach (var block in blocks)
        {
            (firstUnit[block.Index], firstPage[block.Index]) = ((int)count, (int)pages);
            pages += block.PageCount;
            count += block.PageCount / unitPages[block.Index];
        }
        unitCount = (int)count;
        capacity = (int)Math.Min(keepBytes / RamBlock.PageSize, MostPages);
        pool = (byte*)NativeMemory.AlignedAlloc((nuint)capacity * RamBlock.PageSize, RamBlock.PageSize);
        units = (byte*)NativeMemory.AllocZeroed((nuint)unitCount);
        slots = (int*)NativeMemory.AllocZeroed((nuint)pages, sizeof(int));
        nextHeld = (int*)NativeMemory.AllocZeroed((nuint)unitCount, sizeof(int));
        nextSent = (int*)NativeMemory.AllocZeroed((nuint)unitCount, sizeof(int));
        arrived = (int*)NativeMemory.AllocZeroed((nuint)unitCount, sizeof(int));
    }

    /// <summary>The most RAM that is kept account of, in pages: the account of it is at the beginning a byte a page, and not to be larger than what it is for.</summary>
    public static long MostPagesWithin(long keepBytes) => Math.Min(MostPages, keepBytes);

    /// <summary>Why pages of such a machine cannot be kept within so much memory; null when they can.</summary>
    public static string? Refusal(IReadOnlyList<RamBlock> blocks, IReadOnlyList<int> unitPages, long keepBytes)
    {
        if (blocks.Sum(block => block.PageCount) > MostPagesWithin(keepBytes)) return TooMuch;
        return unitPages.Max() * (long)RamBlock.PageSize > keepBytes / 4 ? "the guest's host pages are too large for --keep" : null;
    }

    /// <summary>Target pages that the source has still to send.</summary>
    public long OutstandingPages => Volatile.Read(ref outstanding);

    /// <summary>Units that arrived and were not sent on yet.</summary>
    public long HeldUnits => Volatile.Read(ref heldUnits);

    /// <summary>Units that were sent on and of which it is not known that they arrived.</summary>
    public long SentUnits => Volatile.Read(ref sentUnits);

    /// <summary>Bytes of memory in use for pages.</summary>
    public long UsedBytes => Volatile.Read(ref usedSlots) * RamBlock.PageSize;

    /// <summary>Pages that came although they were not due; they were dropped.</summary>
    public long Duplicates => Volatile.Read(ref duplicates);

    /// <summary>Half of the memory is taken by pages of which no answer will ever tell that they arrived.</summary>
    public bool IsCrowded => Volatile.Read(ref unconfirmableSlots) > capacity / 2;

    /// <summary>The source has sent everything: what is missing at the destination is here.</summary>
    public bool IsWhole => Volatile.Read(ref sourceEnded) && OutstandingPages == 0;

    /// <summary>Number of the destination's connection: it grows with each <see cref="Rewind"/>.</summary>
    public int Epoch => Volatile.Read(ref epoch);

    /// <summary>Everything was written to the destination, on its connection of now.</summary>
    public bool IsWritten
    {
        get
        {
            lock (gate) return IsWhole && heldUnits == 0 && underWay == 0;
        }
    }

    /// <summary>The bytes of a page of a unit that is sent now; empty for a page of zeros.</summary>
    public ReadOnlySpan<byte> this[int block, long page] =>
        slots[firstPage[block] + page] is > 0 and var slot ? new ReadOnlySpan<byte>(PlaceOf(slot - 1), RamBlock.PageSize) : default;

    /// <summary>These pages are to come; each with all of its host page.</summary>
    public void Expect(IReadOnlyList<PageBitmap> missing)
    {
        lock (gate)
        {
            foreach (var block in blocks)
            {
                var whole = unitPages[block.Index];
                for (var page = missing[block.Index].NextSet(0); page < block.PageCount; page = missing[block.Index].NextSet(page))
                {
                    units[firstUnit[block.Index] + page / whole] = Outstanding;
                    outstanding += whole;
                    page += whole - page % whole;
                }
            }
        }
    }

    /// <summary>
    /// Takes a page that arrived, and waits while there is no room. Returns the unit when it is whole now and the destination waits for it: the caller
    /// sends it; a negative number otherwise.
    /// </summary>
    /// <param name="block">Its block.</param>
    /// <param name="page">Its number in the block.</param>
    /// <param name="content">Its bytes, copied; empty when it is all zero.</param>
    /// <param name="since">For <see cref="NoteWritten"/>: the destination's connection of now.</param>
    /// <exception cref="OperationCanceledException">The relay ends.</exception>
    public int Store(int block, long page, ReadOnlySpan<byte> content, out int since)
    {
        var unit = firstUnit[block] + (int)(page / unitPages[block]);
        var at = firstPage[block] + (int)page;
        lock (gate)
        {
            since = epoch;
            if ((units[unit] & StateMask) != Outstanding || slots[at] != 0)
            {
                duplicates++;
                return -1;
            }
            var slot = ZeroPage;
            if (!content.IsEmpty)
            {
                while ((slot = TakeSlot()) < 0)
                {
                    if (ended) throw new OperationCanceledException();
                    Monitor.Wait(gate);
                    since = epoch;
                }
                content.CopyTo(new Span<byte>(PlaceOf(slot++), RamBlock.PageSize));
            }
            slots[at] = slot;
            outstanding--;
            if (++arrived[unit] < unitPages[block]) return -1;
            if ((units[unit] & Wanted) != 0)
            {
                units[unit] = Sent;
                underWay++;
                wantedUnits--;
                return unit;
            }
            units[unit] = Held;
            Append(unit);
            if (heldUnits == 1) Monitor.PulseAll(gate);
            return -1;
        }
    }

    /// <summary>What becomes of a request of the destination.</summary>
    /// <param name="block">The block.</param>
    /// <param name="page">The first page of the host page.</param>
    /// <param name="unit">The unit.</param>
    public PageAnswer Ask(int block, long page, out int unit)
    {
        unit = firstUnit[block] + (int)(page / unitPages[block]);
        lock (gate)
        {
            switch (units[unit])
            {
                case Held:
                    units[unit] = Sent;
                    underWay++;
                    heldUnits--;
                    return PageAnswer.SendNow;
                case Outstanding:
                    units[unit] |= Wanted;
                    wantedUnits++;
                    return PageAnswer.AskSource;
                default:
                    return PageAnswer.OnItsWay;
            }
        }
    }

    /// <summary>
    /// Takes units to be sent, in the order in which they arrived. None: nothing came within the time; see <see cref="IsWhole"/> whether more will.
    /// </summary>
    public int Take(Span<int> taken, TimeSpan wait)
    {
        lock (gate)
        {
            if (heldUnits == 0 && !ended && !IsWhole && wait > TimeSpan.Zero) Monitor.Wait(gate, wait);
            var count = 0;
            while (count < taken.Length && heldHead >= 0)
            {
                var unit = heldHead;
                heldHead = nextHeld[unit] - 1;
                if (heldHead < 0) heldTail = -1;
                // Who was asked for meanwhile was sent by another way.
                if (units[unit] != Held) continue;
                units[unit] = Sent;
                underWay++;
                heldUnits--;
                taken[count++] = unit;
            }
            return count;
        }
    }

    /// <summary>Units were written to the destination.</summary>
    /// <param name="written">The units.</param>
    /// <param name="confirmable">They went where an answer tells how far the destination has read.</param>
    /// <param name="since">The connection for which they were taken; when it is not that of now nothing happens.</param>
    public void NoteWritten(ReadOnlySpan<int> written, bool confirmable, int since)
    {
        lock (gate)
        {
            if (since != epoch) return;
            underWay -= written.Length;
            sentUnits += written.Length;
            foreach (var unit in written)
            {
                if (!confirmable)
                {
                    unconfirmableSlots += unitPages[BlockOf(unit)];
                    continue;
                }
                nextSent[unit] = 0;
                if (sentTail >= 0) nextSent[sentTail] = unit + 1;
                else sentHead = unit;
                sentTail = unit;
            }
        }
    }

    /// <summary>The destination has read so many units more: their memory is free.</summary>
    public void Confirm(long count)
    {
        lock (gate)
        {
            for (; count > 0 && sentHead >= 0; count--)
            {
                var unit = sentHead;
                sentHead = nextSent[unit] - 1;
                if (sentHead < 0) sentTail = -1;
                sentUnits--;
                Release(unit);
            }
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The source has sent the end mark.</summary>
    public void EndSource()
    {
        lock (gate)
        {
            sourceEnded = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Nobody waits any more.</summary>
    public void End()
    {
        lock (gate)
        {
            ended = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Somebody who waits for pages to send looks again.</summary>
    public void Wake()
    {
        lock (gate) Monitor.PulseAll(gate);
    }

    /// <summary>The block and the first page of a unit.</summary>
    public (int Block, long Page) PageOf(int unit)
    {
        var block = BlockOf(unit);
        return (block, (long)(unit - firstUnit[block]) * unitPages[block]);
    }

    /// <summary>Target pages in a unit of the block.</summary>
    public int UnitPages(int block) => unitPages[block];

    /// <summary>Gives the memory back, when no thread uses it any more.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(pool);
        NativeMemory.Free(units);
        NativeMemory.Free(slots);
        NativeMemory.Free(nextHeld);
        NativeMemory.Free(nextSent);
        NativeMemory.Free(arrived);
    }

    private byte* PlaceOf(int slot) => pool + ((nint)slot * RamBlock.PageSize);

    private int BlockOf(int unit)
    {
        var block = blocks.Count - 1;
        while (firstUnit[block] > unit) block--;
        return block;
    }

    private void Append(int unit)
    {
        nextHeld[unit] = 0;
        if (heldTail >= 0) nextHeld[heldTail] = unit + 1;
        else heldHead = unit;
        heldTail = unit;
        heldUnits++;
    }

    private void Release(int unit)
    {
        units[unit] = There;
        FreeSlots(unit, BlockOf(unit));
    }

    private void FreeSlots(int unit, int block)
    {
        var first = firstPage[block] + ((unit - firstUnit[block]) * unitPages[block]);
        for (var at = first; at < first + unitPages[block]; at++)
        {
            if (slots[at] > 0)
            {
                // The list of free places lies in the places themselves.
                *(int*)PlaceOf(slots[at] - 1) = freeSlot;
                freeSlot = slots[at] - 1;
                usedSlots--;
            }
            slots[at] = 0;
        }
        arrived[unit] = 0;
    }

    private int TakeSlot()
    {
        var slot = freeSlot;
        if (slot >= 0) freeSlot = *(int*)PlaceOf(slot);
        else if (freshSlots < capacity) slot = freshSlots++;
        else return -1;
        usedSlots++;
        return slot;
    }
}
