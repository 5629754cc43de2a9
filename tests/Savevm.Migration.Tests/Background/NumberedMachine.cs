using Savevm.Hosting.Ram;
using Savevm.Linux.Memory;
using Savevm.Machine;
using Savevm.Machine.Ram;

namespace Savevm.Migration.Tests.Background;

/// <summary>
/// A machine whose threads put numbers of one sequence at random places, each in pages of its own, and note them elsewhere: when it stands still, what
/// its RAM must hold is known to the byte.
/// </summary>
internal sealed unsafe class NumberedMachine : IMachineControl, IDisposable
{
    /// <summary>What the pages of its second block hold.</summary>
    public const long Rom = 0x4d4f52;

    private readonly ReaderWriterLockSlim gate = new();
    private readonly List<Thread> threads = [];
    private readonly long[] numbers;
    private volatile bool ends;
    private long sequence;

    public NumberedMachine(RamBacking backing, WriterKind kind, int writers, int mebibytes = 32, int writtenPages = 4000)
    {
        Ram = new GuestRam([new RamBlockLayout("ram", (long)mebibytes << 20) { Backing = backing }, new RamBlockLayout("rom", 5 * RamBlock.PageSize)]);
        numbers = new long[writtenPages];
        for (var page = 0; page < 5; page++) Ram.Hosted[1].Memory.Write(page * RamBlock.PageSize, BitConverter.GetBytes(Rom));
        for (var writer = 0; writer < writers; writer++)
        {
            var (own, random) = (writer, new Random(writer));
            var thread = new Thread(() => Write(kind, own, writers, random)) { IsBackground = true, Name = $"writer {writer}" };
            threads.Add(thread);
            thread.Start();
        }
    }

    public GuestRam Ram { get; }

    /// <summary>What its RAM held when it last stood still: the number in each page.</summary>
    public long[] AtInstant { get; private set; } = [];

    /// <summary>Numbers that were given.</summary>
    public long Writes => Volatile.Read(ref sequence);

    /// <summary>Waits until nearly every page was written to.</summary>
    public void AwaitWritten() => Assert.True(SpinWait.SpinUntil(() => Writes > numbers.Length * 5, TimeSpan.FromSeconds(20)), "the machine does not write");

    public void Stop()
    {
        gate.EnterWriteLock();
        AtInstant = [.. numbers];
    }

    public void Start() => gate.ExitWriteLock();

    public void Dispose()
    {
        ends = true;
        foreach (var thread in threads) thread.Join();
        Ram.Dispose();
        gate.Dispose();
    }

    private void Write(WriterKind kind, int own, int writers, Random random)
    {
        var block = Ram.Hosted[0];
        long number = 0;
        while (!ends)
        {
            gate.EnterReadLock();
            try
            {
                var page = (random.Next(numbers.Length / writers) * writers) + own;
                // Every other page: what lies between them is never written to.
                var offset = (long)page * 2 * RamBlock.PageSize;
                number = Interlocked.Increment(ref sequence);
                switch (kind)
                {
                    case WriterKind.Managed:
                        *(long*)(block.Address + (nint)offset) = number;
                        break;
                    case WriterKind.Native:
                        NativeCopy.Copy(block.Address + (nint)offset, (nint)(&number), sizeof(long));
                        break;
                    default:
                        block.Memory.Write(offset, BitConverter.GetBytes(number));
                        break;
                }
                numbers[page] = number;
            }
            finally
            {
                gate.ExitReadLock();
            }
        }
    }
}
