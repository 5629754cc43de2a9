using Savevm.Machine.Ram;

namespace Savevm.Migration.Relay;

/// <summary>What becomes of the pages when one of the connections breaks.</summary>
internal sealed unsafe partial class HeldPages
{
    /// <summary>The source's connection broke: of a host page that is not whole nothing is kept, as at any destination.</summary>
    public void DropPartial()
    {
        lock (gate)
        {
            foreach (var block in blocks)
            {
                if (unitPages[block.Index] == 1) continue;
                for (var unit = firstUnit[block.Index]; unit < firstUnit[block.Index] + block.PageCount / unitPages[block.Index]; unit++)
                {
                    if ((units[unit] & StateMask) != Outstanding || arrived[unit] == 0) continue;
                    outstanding += arrived[unit];
                    FreeSlots(unit, block.Index);
                }
            }
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>What a source need not send: everything that is at the destination or here.</summary>
    public AtomicPageBitmap ReceivedOf(int block)
    {
        var received = new AtomicPageBitmap(blocks[block].PageCount);
        lock (gate)
        {
            for (var index = 0; index < blocks[block].PageCount / unitPages[block]; index++)
                if ((units[firstUnit[block] + index] & StateMask) != Outstanding) received.SetRange((long)index * unitPages[block], unitPages[block]);
        }
        return received;
    }

    /// <summary>Units that the destination waits for and the source has not sent, one after another from <paramref name="from"/> on; negative when there is none.</summary>
    public int NextWanted(int from, out int block, out long page)
    {
        lock (gate)
        {
            for (var unit = from; wantedUnits > 0 && unit < unitCount; unit++)
            {
                if (units[unit] != (Outstanding | Wanted)) continue;
                (block, page) = PageOf(unit);
                return unit;
            }
        }
        (block, page) = (0, 0);
        return -1;
    }

    /// <summary>
    /// The destination told on a new connection what it lacks: what is here of that is sent again. Returns the number of pages that it lacks and that
    /// are neither here nor to come, which no honest destination has.
    /// </summary>
    public long Rewind(Pages.PendingPages missing)
    {
        lock (gate)
        {
            long lost = 0;
            heldHead = heldTail = sentHead = sentTail = -1;
            heldUnits = sentUnits = unconfirmableSlots = wantedUnits = underWay = 0;
            epoch++;
            foreach (var block in blocks)
            {
                var whole = unitPages[block.Index];
                for (var index = 0; index < block.PageCount / whole; index++)
                {
                    var unit = firstUnit[block.Index] + index;
                    var state = units[unit] & StateMask;
                    if (missing[block.Index].NextSet((long)index * whole) < (long)(index + 1) * whole)
                    {
                        if (state == There) lost += whole;
                        units[unit] = (byte)(state is Held or Sent ? Held : state);
                        if (units[unit] == Held) Append(unit);
                        continue;
                    }
                    if (state == Outstanding) outstanding -= whole - arrived[unit];
                    if (state != There) Release(unit);
                }
            }
            Monitor.PulseAll(gate);
            return lost;
        }
    }
}
