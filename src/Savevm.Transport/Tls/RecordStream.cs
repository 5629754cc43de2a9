using System.Threading.Tasks.Sources;

namespace Savevm.Transport.Tls;

/// <summary>
/// A channel as the stream that <see cref="System.Net.Security.SslStream"/> works on. Synchronous reads block. An asynchronous read that finds nothing
/// stays open, and the thread that waits for it completes it by <see cref="Advance"/>, on its own stack: so one can ask for decrypted bytes with a
/// time limit, and give up without leaving the session in an unknown state.
/// </summary>
internal sealed class RecordStream(IByteChannel channel) : Stream, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> arrival;
    private Memory<byte> wanted;
    private bool isWanted;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The connection itself has ended.</summary>
    internal bool AtEnd { get; private set; }

    /// <summary>The first byte that came; -1 while none has.</summary>
    internal int FirstByte { get; private set; } = -1;

    public override int Read(Span<byte> buffer)
    {
        // The session asks for nothing, to be told when there is something before it takes a buffer; it asks for more at once.
        if (buffer.IsEmpty) return 0;
        var count = channel.Read(buffer);
        if (count == 0) AtEnd = true;
        else if (FirstByte < 0) FirstByte = buffer[0];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || channel.WaitReadable(TimeSpan.Zero)) return new ValueTask<int>(Read(buffer.Span));
        wanted = buffer;
        isWanted = true;
        arrival.Reset();
        return new ValueTask<int>(this, arrival.Version);
    }

    public override void Write(ReadOnlySpan<byte> buffer) => channel.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => channel.Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        channel.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public int GetResult(short token) => arrival.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => arrival.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        arrival.OnCompleted(continuation, state, token, flags);

    /// <summary>Waits for bytes and gives them to the open read, which goes on within this call. False when the time ran out.</summary>
    /// <exception cref="IOException">The channel was aborted while it waited; the read stays open.</exception>
    internal bool Advance(TimeSpan timeout)
    {
        if (!isWanted) throw new InvalidOperationException("No read is open.");
        if (!channel.WaitReadable(timeout)) return false;
        isWanted = false;
        int count;
        try
        {
            count = Read(wanted.Span);
        }
        catch (IOException error)
        {
            arrival.SetException(error);
            return true;
        }
        arrival.SetResult(count);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) channel.Dispose();
        base.Dispose(disposing);
    }
}
