using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Transport.Channels;

/// <summary>
/// One end of a pipe, or a terminal. The descriptor is non-blocking, because nothing else can end a read or write that another
/// thread is blocked in: whoever must wait polls it together with a <see cref="Wakeup"/>.
/// </summary>
public sealed class PipeChannel : DescriptorChannel
{
    private readonly SafeFileHandle pipe;
    private readonly FileAccess access;
    private readonly Wakeup wakeup = new();

    /// <summary>Takes one end of a pipe over and closes it in the end.</summary>
    /// <param name="pipe">The reading or the writing end, in non-blocking mode.</param>
    /// <param name="access">Which of the two.</param>
    /// <param name="name">For messages.</param>
    public PipeChannel(SafeFileHandle pipe, FileAccess access, string name) : base(name)
    {
        this.pipe = pipe;
        this.access = access;
    }

    /// <summary>
    /// How long a reader that had to wait lets more come before it reads. To wake a reader costs the writer as much as a page, and in a pipe with
    /// room he has no other wait. Whole milliseconds.
    /// </summary>
    public TimeSpan GatherTime { get; init; }

    /// <inheritdoc/>
    public override bool IsBidirectional => false;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        pipe.Dispose();
        wakeup.Dispose();
    }

    private protected override int ReadOnce(Span<byte> buffer)
    {
        if ((access & FileAccess.Read) == 0) throw new IOException($"{Name}: only written to");
        int count;
        while ((count = Descriptor.Read(pipe, buffer, Name)) < 0)
        {
            WaitUntilReadable(Timeout.InfiniteTimeSpan);
            if (GatherTime > TimeSpan.Zero) Thread.Sleep(GatherTime);
        }
        return count;
    }

    private protected override nint WriteOnce(ReadOnlySpan<MemorySegment> segments)
    {
        if ((access & FileAccess.Write) == 0) throw new IOException($"{Name}: only read from");
        nint count;
        while ((count = Descriptor.WriteVector(pipe, segments, Name)) < 0) Wait(PollEvents.Writable, Timeout.InfiniteTimeSpan);
        return count;
    }

    private protected override bool WaitUntilReadable(TimeSpan timeout) => Wait(PollEvents.Readable, timeout);

    private protected override void EndWrite()
    {
        if ((access & FileAccess.Write) != 0) pipe.Dispose();
    }

    private protected override void EndBlockedCalls() => wakeup.Signal();

    private bool Wait(PollEvents events, TimeSpan timeout)
    {
        var returned = Descriptor.Wait(pipe, events, wakeup, timeout, Name);
        ThrowIfAborted();
        return returned != PollEvents.None;
    }
}
