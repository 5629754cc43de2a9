using System.Diagnostics;
using System.Text;

namespace Savevm.Benchmarks.Processes;

/// <summary>The lines of a stream with the moment at which the end of each was read, by a thread of its own.</summary>
internal sealed class LineLog
{
    private readonly object _gate = new();
    private readonly List<TimedLine> _lines = [];
    private readonly Stream _stream;
    private readonly Thread _thread;
    private readonly StringBuilder _unfinished = new();
    private bool _ended;

    public LineLog(Stream stream, string name)
    {
        _stream = stream;
        _thread = new Thread(Read) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>All text so far.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines.Select(line => line.Text)) + (_unfinished.Length > 0 ? $"\n{_unfinished}" : "");
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _lines.Count;
            }
        }
    }

    public IReadOnlyList<TimedLine> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The first line from an index on for which the question is answered; null when the stream ended without one.</summary>
    /// <exception cref="TimeoutException">No such line in time.</exception>
    public T? Find<T>(int from, Func<TimedLine, T?> answer, TimeSpan patience)
        where T : class
    {
        long end = Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency);
        for (int next = from; ; next++)
        {
            if (Line(next, end) is not { } line)
            {
                return null;
            }

            if (answer(line) is { } found)
            {
                return found;
            }
        }
    }

    /// <summary>The last lines, for an error.</summary>
    public string LastLines(int count = 4)
    {
        string[] lines = Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(" / ", lines.TakeLast(count));
    }

    /// <summary>Waits a moment for the end of the stream.</summary>
    public void Drain() => _thread.Join(1000);

    /// <summary>Waits for a line; null when the stream ended before it.</summary>
    private TimedLine? Line(int index, long end)
    {
        lock (_gate)
        {
            while (index >= _lines.Count && !_ended)
            {
                if (Stopwatch.GetTimestamp() > end)
                {
                    throw new TimeoutException($"{_thread.Name}: the line did not come; last: {LastLines()}");
                }

                Monitor.Wait(_gate, 100);
            }

            return index < _lines.Count ? _lines[index] : null;
        }
    }

    private void Read()
    {
        var buffer = new byte[65536];
        var pending = new List<byte>();
        try
        {
            while (_stream.Read(buffer) is int count and > 0)
            {
                Append(buffer.AsSpan(0, count), pending);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side is gone, or this one closes.
        }

        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, List<byte> pending)
    {
        long now = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            while (bytes.IndexOf((byte)'\n') is int end and >= 0)
            {
                pending.AddRange(bytes[..end]);
                _lines.Add(new TimedLine(now, Encoding.UTF8.GetString([.. pending]).TrimEnd('\r')));
                pending.Clear();
                bytes = bytes[(end + 1)..];
            }

            pending.AddRange(bytes);
            _unfinished.Clear().Append(Encoding.UTF8.GetString([.. pending]));
            Monitor.PulseAll(_gate);
        }
    }
}
