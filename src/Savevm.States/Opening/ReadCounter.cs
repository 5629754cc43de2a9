namespace Savevm.States.Opening;

/// <summary>Counts the bytes that were read of a file and tells them now and then. Any thread may count.</summary>
internal sealed class ReadCounter(IProgress<long>? progress)
{
    private const long BytesPerReport = 1 << 20;

    private long _total;
    private long _reported;

    internal void Add(int bytes)
    {
        if (progress is null)
            return;
        long total = Interlocked.Add(ref _total, bytes);
        long reported = Interlocked.Read(ref _reported);
        if (total - reported >= BytesPerReport && Interlocked.CompareExchange(ref _reported, total, reported) == reported)
            progress.Report(total);
    }
}
