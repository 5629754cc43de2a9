namespace Savevm.States.Writing;

/// <summary>Counts the RAM that was written and ends the writing when nobody wants it any more. Any thread may count.</summary>
/// <param name="progress">Told the bytes of RAM written so far, zeros included; called by the writing threads.</param>
/// <param name="cancellationToken">Ends the writing.</param>
public sealed class WritingWatch(IProgress<long>? progress = null, CancellationToken cancellationToken = default)
{
    private const long BytesPerReport = 4 << 20;

    private long _total;
    private long _reported;

    /// <summary>Bytes of RAM so far.</summary>
    public long TotalBytes => Interlocked.Read(ref _total);

    /// <summary>Counts a run of pages.</summary>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    internal void Add(long bytes)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long total = Interlocked.Add(ref _total, bytes);
        long reported = Interlocked.Read(ref _reported);
        if (progress is not null && total - reported >= BytesPerReport
            && Interlocked.CompareExchange(ref _reported, total, reported) == reported)
        {
            progress.Report(total);
        }
    }
}
