using System.Diagnostics;

namespace Savevm.Inspections;

/// <summary>Makes progress of the bytes that were read.</summary>
/// <param name="phase">What is being done.</param>
/// <param name="total">Bytes in all; null where it is not known.</param>
/// <param name="progress">Who is told.</param>
internal sealed class ReadMeter(string phase, long? total, Action<ProgressUpdate> progress) : IProgress<long>
{
    private readonly long _begin = Stopwatch.GetTimestamp();

    /// <summary>Bytes that were read so far.</summary>
    internal long Bytes { get; private set; }

    public void Report(long value)
    {
        Bytes = value;
        double seconds = Stopwatch.GetElapsedTime(_begin).TotalSeconds;
        progress(new ProgressUpdate { Phase = phase, Bytes = value, TotalBytes = total, BytesPerSecond = seconds > 0 ? (long)(value / seconds) : null });
    }
}
