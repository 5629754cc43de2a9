using System.Diagnostics;
using Savevm.Hosting.Ram;
using Savevm.Machine.Ram;

namespace Savevm.Benchmarks.Subjects;

/// <summary>A thread that writes to the first pages of a RAM, and counts what it gets done.</summary>
internal sealed class RamWriter(GuestRam ram, long pages, WriterHabit habit)
{
    private const int PageBytes = RamBlock.PageSize;
    private const int WritesBetweenLooks = 64, PagesBetweenLooks = 16;
    private const double PacedBytesOfSecond = 200e6;

    private readonly Random random = new(1);
    private bool ends;
    private long work, next, begun, written;

    /// <summary>The longest time between two looks at the clock, between which it does little.</summary>
    public double LongestStall { get; private set; }

    /// <summary>Writes while something goes on; returns the work of a second.</summary>
    public double During(Action meanwhile)
    {
        (ends, work, written, LongestStall) = (false, 0, 0, 0);
        var thread = new Thread(Run);
        begun = Stopwatch.GetTimestamp();
        thread.Start();
        meanwhile();
        Volatile.Write(ref ends, true);
        thread.Join();
        return work / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private void Run()
    {
        for (long before = Stopwatch.GetTimestamp(); !Volatile.Read(ref ends);)
        {
            switch (habit)
            {
                case WriterHabit.AtRandom: WriteWords(); break;
                case WriterHabit.InOrder: work += WritePages(); break;
                default: Pace(before); break;
            }

            long now = Stopwatch.GetTimestamp();
            LongestStall = Math.Max(LongestStall, Stopwatch.GetElapsedTime(before, now).TotalMilliseconds);
            before = now;
        }
    }

    private void WriteWords()
    {
        for (int write = 0; write < WritesBetweenLooks; write++)
        {
            ram.Hosted[0].Memory.WriteUInt64(random.NextInt64(pages) * PageBytes, (ulong)write);
        }

        work += WritesBetweenLooks;
    }

    private int WritePages()
    {
        for (int page = 0; page < PagesBetweenLooks; page++, next = (next + 1) % pages)
        {
            ram.Hosted[0].Memory.Fill(next * PageBytes, (byte)(work + 1), PageBytes);
        }

        return PagesBetweenLooks;
    }

    private void Pace(long now)
    {
        if (written < Stopwatch.GetElapsedTime(begun, now).TotalSeconds * PacedBytesOfSecond)
        {
            written += WritePages() * PageBytes;
        }
        else
        {
            Thread.SpinWait(1);
            work++;
        }
    }
}
