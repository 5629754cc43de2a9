using Savevm.Linux.Files;

namespace Savevm.Repository.Pages;

/// <summary>
/// Tells the kernel early which written ranges may go to the device, from a thread of its own, since the call can wait for the device.
/// Only hints: when the queue is full they are dropped, and the final sync writes what is left.
/// </summary>
internal sealed class WriteBackQueue : IDisposable
{
    private const int Capacity = 64;

    private readonly (LinuxFile? File, long Offset, long Length)[] entries = new (LinuxFile?, long, long)[Capacity];
    private readonly object gate = new();
    private Thread? thread;
    private int head, count;
    private bool ended;

    internal void Add(LinuxFile file, long offset, long length)
    {
        lock (gate)
        {
            if (ended || count == Capacity) return;
            entries[(head + count++) % Capacity] = (file, offset, length);
            if (thread is null)
            {
                thread = new Thread(Run) { IsBackground = true, Name = "write-back" };
                thread.Start();
            }
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Forgets what is queued and waits for the call that is under way; files may be closed afterwards.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            ended = true;
            count = 0;
            Monitor.Pulse(gate);
        }
        thread?.Join();
    }

    private void Run()
    {
        while (true)
        {
            LinuxFile? file;
            long offset, length;
            lock (gate)
            {
                while (count == 0 && !ended) Monitor.Wait(gate);
                if (ended) return;
                (file, offset, length) = entries[head];
                entries[head] = default;
                head = (head + 1) % Capacity;
                count--;
            }
            file?.StartWriteBack(offset, length);
        }
    }
}
