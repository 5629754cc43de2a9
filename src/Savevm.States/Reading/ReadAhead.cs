using System.Diagnostics;

namespace Savevm.States.Reading;

/// <summary>
/// A thread that reads a file some chunks ahead of the one who consumes it. The consumer waits for nobody: while a chunk is being read it
/// reads the next ones itself, and where the thread does not come to an end, since another program has its processor, it reads that chunk a
/// second time. Each call is the consumer's, from one thread.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    /// <summary>Bytes of a chunk.</summary>
    internal const int ChunkBytes = 64 << 10;

    /// <summary>Bytes before a chunk's first one in its buffer, for what was left of the chunk before it.</summary>
    internal const int HeadroomBytes = 16 << 10;

    /// <summary>Bytes of a buffer.</summary>
    internal const int BufferBytes = HeadroomBytes + ChunkBytes;

    private const int Depth = 8;
    private static readonly long s_patience = Stopwatch.Frequency / 20_000;

    private readonly ReadAt _read;
    private readonly long _offset;
    private readonly byte[][] _slots = new byte[Depth][];
    private readonly int[] _counts = new int[Depth];

    // The chunk that a slot holds, plus one; and 1 while somebody writes into it.
    private readonly long[] _held = new long[Depth];
    private readonly int[] _isBusy = new int[Depth];
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private readonly Thread _thread;

    // The first chunk that nobody has begun, and the one that is the consumer's.
    private long _next;
    private long _current = -1;
    private bool _isAsleep;
    private bool _isStopped;

    /// <param name="read">Reads the file at any place; two threads call it at the same time, until this is disposed of.</param>
    /// <param name="offset">Where the first chunk begins.</param>
    internal ReadAhead(ReadAt read, long offset)
    {
        const int stackBytes = 128 << 10;
        _read = read;
        _offset = offset;
        for (int i = 0; i < Depth; i++)
            _slots[i] = GC.AllocateUninitializedArray<byte>(BufferBytes);
        _thread = new Thread(Run, stackBytes) { IsBackground = true, Name = "read ahead" };
        _thread.Start();
    }

    /// <summary>Reads until the buffer is full or the file ends; returns the number of bytes.</summary>
    internal delegate int ReadAt(Span<byte> buffer, long position);

    /// <summary>Takes the next chunk. What was taken before is no longer the consumer's.</summary>
    /// <param name="tail">What is left of the chunk before; at most <see cref="HeadroomBytes"/>. It is put before the chunk.</param>
    /// <param name="own">A buffer of the consumer's, which may hold the tail.</param>
    /// <param name="buffer">The buffer with the tail and, at <see cref="HeadroomBytes"/>, the chunk.</param>
    /// <returns>Bytes of the chunk; less than <see cref="ChunkBytes"/> where the file ends.</returns>
    internal int Take(ReadOnlySpan<byte> tail, byte[] own, out byte[] buffer)
    {
        long chunk = _current + 1;
        int slot = (int)(chunk % Depth);
        bool isHeld = WaitFor(chunk, slot);
        buffer = isHeld ? _slots[slot] : own;
        tail.CopyTo(buffer.AsSpan(HeadroomBytes - tail.Length));
        Volatile.Write(ref _current, chunk);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAsleep) && chunk + Depth - Volatile.Read(ref _next) >= Depth / 2)
            _wake.Set();
        return isHeld ? _counts[slot] : Read(buffer, chunk);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref _isStopped, true);
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private bool WaitFor(long chunk, int slot)
    {
        const int turns = 32;
        long waitingSince = 0;
        while (Volatile.Read(ref _held[slot]) != chunk + 1)
        {
            if (TryReadOne(out _))
                continue;
            // Nobody reads it, since its slot is still being written to by who does not come to an end.
            if (Volatile.Read(ref _next) <= chunk)
                return false;
            long now = Stopwatch.GetTimestamp();
            if (waitingSince == 0)
                waitingSince = now;
            else if (now - waitingSince > s_patience)
                return false;
            Thread.SpinWait(turns);
        }
        return true;
    }

    private int Read(byte[] buffer, long chunk) => _read(buffer.AsSpan(HeadroomBytes, ChunkBytes), _offset + (chunk * ChunkBytes));

    private void Run()
    {
        bool isWhole = true;
        while (isWhole && !Volatile.Read(ref _isStopped))
        {
            try
            {
                if (!TryReadOne(out isWhole))
                    Sleep();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // The consumer waits in vain, reads the chunk itself, and meets the failure.
                return;
            }
        }
    }

    /// <summary>Reads the first chunk that nobody has begun. False when there is no slot for it.</summary>
    private bool TryReadOne(out bool isWhole)
    {
        isWhole = true;
        while (IsFree(out long next, out long chunk))
        {
            int slot = (int)(chunk % Depth);
            if (Interlocked.CompareExchange(ref _isBusy[slot], 1, 0) != 0)
                return false;
            bool isMine = Interlocked.CompareExchange(ref _next, chunk + 1, next) == next;
            try
            {
                if (!isMine)
                    continue;
                _counts[slot] = Read(_slots[slot], chunk);
                isWhole = _counts[slot] == ChunkBytes;
                Volatile.Write(ref _held[slot], chunk + 1);
                return true;
            }
            finally
            {
                Volatile.Write(ref _isBusy[slot], 0);
            }
        }
        return false;
    }

    /// <summary>Whether the first chunk that nobody has begun may be written into its slot.</summary>
    private bool IsFree(out long next, out long chunk)
    {
        next = Volatile.Read(ref _next);
        long current = Volatile.Read(ref _current);

        // What the consumer has read past its turn is of no use any more.
        chunk = Math.Max(next, current + 1);
        return chunk < current + Depth && Volatile.Read(ref _isBusy[(int)(chunk % Depth)]) == 0;
    }

    private void Sleep()
    {
        Volatile.Write(ref _isAsleep, true);
        Interlocked.MemoryBarrier();
        if (!IsFree(out _, out _) && !Volatile.Read(ref _isStopped))
            _wake.Wait();
        Volatile.Write(ref _isAsleep, false);
        _wake.Reset();
    }
}
