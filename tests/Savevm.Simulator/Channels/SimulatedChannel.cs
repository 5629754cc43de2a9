using Savevm.Simulator.Scheduling;
using Savevm.Transport;

namespace Savevm.Simulator.Channels;

/// <summary>One end of a connection in a simulation.</summary>
/// <param name="scheduler">Whose turn it is.</param>
/// <param name="name">For messages.</param>
/// <param name="incoming">What the other end writes.</param>
/// <param name="outgoing">What this end writes.</param>
/// <param name="mayWait">Writing waits for room. The destination's messages are small and written under a lock: those never wait.</param>
internal sealed class SimulatedChannel(Scheduler scheduler, string name, SimulatedPipe incoming, SimulatedPipe outgoing, bool mayWait) : IByteChannel
{
    private bool isAborted;

    /// <summary>The cable breaks when so many bytes were written here; null for never.</summary>
    public long? CutAfter { get; set; }

    /// <summary>Whether it did.</summary>
    public bool WasCut => outgoing.IsCut;

    /// <summary>It breaks when so many bytes more were written here, or there.</summary>
    public void CutSoon(long? afterSent, long? afterAnswered)
    {
        if (afterSent is { } sent) CutAfter = outgoing.Written + sent;
        if (afterAnswered is { } answered) incoming.CutAfter = incoming.Written + answered;
    }

    public string Name => name;

    public bool IsBidirectional => true;

    public int Read(Span<byte> buffer)
    {
        if (mayWait || scheduler.Random.Next(2) == 0) scheduler.Yield();
        ThrowIfAborted();
        var count = incoming.Read(buffer);
        ThrowIfAborted();
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (mayWait) scheduler.Yield();
            ThrowIfAborted();
            var some = bytes;
            if (Limit is { } limit && outgoing.Written + some.Length > limit) some = some[..(int)Math.Max(0, limit - outgoing.Written)];
            if (some.Length == 0)
            {
                Cut();
                throw new IOException($"{Name}: connection reset");
            }
            bytes = bytes[outgoing.Write(some, mayWait)..];
        }
        if (outgoing.Written == Limit) Cut();
    }

    public unsafe void Write(ReadOnlySpan<MemorySegment> segments)
    {
        foreach (var segment in segments) Write(new ReadOnlySpan<byte>((void*)segment.Address, (int)segment.Length));
    }

    public bool WaitReadable(TimeSpan timeout)
    {
        if (mayWait) scheduler.Yield();
        ThrowIfAborted();
        var isReadable = scheduler.Wait(() => incoming.IsReadable || isAborted, timeout);
        ThrowIfAborted();
        return isReadable;
    }

    public void CloseWrite() => outgoing.End();

    public void Abort()
    {
        isAborted = true;
        outgoing.End();
        incoming.End();
        incoming.Deafen();
    }

    public void Dispose() => Abort();

    private long? Limit => CutAfter ?? outgoing.CutAfter;

    private void Cut()
    {
        incoming.Cut();
        outgoing.Cut();
    }

    private void ThrowIfAborted()
    {
        if (isAborted) throw new IOException($"{Name}: aborted");
    }
}
