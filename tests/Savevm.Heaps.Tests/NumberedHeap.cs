using Savevm.Heaps.Regions;
using Savevm.Linux.Memory;

namespace Savevm.Heaps.Tests;

/// <summary>
/// A heap whose writers put numbers of one sequence at random pages, and note them elsewhere: what an image of an instant must hold is known to the byte. The
/// number stands at the beginning and at the end of its page, so that a page of two times is seen too.
/// </summary>
internal sealed unsafe class NumberedHeap : IDisposable
{
    public const int PageSize = 4096;
    private const int NumbersOfPage = PageSize / sizeof(long);

    private readonly ReaderWriterLockSlim gate = new();
    private readonly List<Thread> threads = [];
    private readonly long[] numbers;
    private volatile bool ends;
    private long sequence;

    /// <summary>Every second page of the first part is written to, evenly over two regions of different memory.</summary>
    public NumberedHeap(WriterKind kind, int writers, int mebibytes = 16, int writtenPages = 2000, HeapMemory second = HeapMemory.MemoryFile)
    {
        Heap = new NativeHeap(
        [
            new HeapRegionLayout("private", (long)mebibytes << 19),
            new HeapRegionLayout("shared", (long)mebibytes << 19) { Memory = second },
        ]);
        numbers = new long[writtenPages];
        for (var writer = 0; writer < writers; writer++)
        {
            var (own, random) = (writer, new Random(writer));
            var thread = new Thread(() => Write(kind, own, writers, random)) { IsBackground = true, Name = $"writer {writer}" };
            threads.Add(thread);
            thread.Start();
        }
    }

    public NativeHeap Heap { get; }

    /// <summary>Not to the disk: it would be the disk that is tested.</summary>
    public HeapSnapshotOptions Options => new() { Pause = Pause, Flush = false };

    /// <summary>Numbers that were given.</summary>
    public long Writes => Volatile.Read(ref sequence);

    /// <summary>What the pages held when everybody last stood still.</summary>
    public long[] AtInstant { get; private set; } = [];

    /// <summary>The last number before it.</summary>
    public long SequenceAtInstant { get; private set; }

    public IDisposable Pause()
    {
        gate.EnterWriteLock();
        AtInstant = [.. numbers];
        SequenceAtInstant = sequence;
        return new Held(gate);
    }

    /// <summary>An image is of the instant: each page holds the last number from before it, and what was never written to is zero.</summary>
    public void AssertIsOf(NativeHeap image)
    {
        for (var page = 0; page < AtInstant.Length; page++)
        {
            var (first, last) = Read(image, page);
            Assert.True(
                first == AtInstant[page] && last == first,
                $"page {page} holds {first} and {last}, and held {AtInstant[page]} at the instant, whose last number is {SequenceAtInstant}");
        }
        foreach (var region in image.Regions) Assert.Equal(0, *(long*)(region.Address + PageSize));
    }

    public void AssertGoesOn()
    {
        var writes = Writes;
        Assert.True(SpinWait.SpinUntil(() => Writes > writes + 5000, TimeSpan.FromSeconds(20)), "the writers do not go on");
    }

    public void Dispose()
    {
        ends = true;
        foreach (var thread in threads) thread.Join();
        Heap.Dispose();
        gate.Dispose();
    }

    private static (long First, long Last) Read(NativeHeap heap, int page)
    {
        var at = At(heap, page);
        return (at[0], at[NumbersOfPage - 1]);
    }

    private static long* At(NativeHeap heap, int page) => (long*)(heap.Regions[page & 1].Address + ((nint)(page & ~1) * PageSize));

    private long* At(int page) => At(Heap, page);

    private void Write(WriterKind kind, int own, int writers, Random random)
    {
        while (!ends)
        {
            gate.EnterReadLock();
            try
            {
                var page = (random.Next(numbers.Length / writers) * writers) + own;
                var at = At(page);
                var number = Interlocked.Increment(ref sequence);
                if (kind == WriterKind.Managed)
                {
                    at[0] = number;
                    at[NumbersOfPage - 1] = number;
                }
                else
                {
                    NativeCopy.Copy((nint)at, (nint)(&number), sizeof(long));
                    NativeCopy.Copy((nint)(at + NumbersOfPage - 1), (nint)(&number), sizeof(long));
                }
                numbers[page] = number;
            }
            finally
            {
                gate.ExitReadLock();
            }
        }
    }

    private sealed class Held(ReaderWriterLockSlim gate) : IDisposable
    {
        public void Dispose() => gate.ExitWriteLock();
    }
}
