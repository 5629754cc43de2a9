using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Savevm.Demo;

/// <summary>
/// The serial port of one demo guest: its ticks, with the time at which each arrived, and its complaints. Reads on its own until QEMU ends.
/// </summary>
internal sealed class GuestConsole : IDisposable
{
    // What the guest says is short; anything longer is not our guest.
    private const int LongestLine = 256;

    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly StringBuilder _line = new();
    private readonly List<(long Number, long Timestamp)> _ticks = [];
    private readonly HashSet<string> _corrupt = [];
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _verdict;
    private bool _isEnded;

    /// <summary>Begins to read.</summary>
    /// <param name="socket">The connection from QEMU; owned from now on.</param>
    /// <param name="unfinished">The line that the guest had begun before it was captured; its end arrives here.</param>
    internal GuestConsole(Socket socket, string unfinished)
    {
        _socket = socket;
        _line.Append(unfinished);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The number of the last tick; 0 before the first.</summary>
    internal long LastTick
    {
        get
        {
            lock (_gate)
            {
                return _ticks.Count == 0 ? 0 : _ticks[^1].Number;
            }
        }
    }

    /// <summary>The line that has no end yet.</summary>
    internal string Unfinished
    {
        get
        {
            lock (_gate)
            {
                return _line.ToString();
            }
        }
    }

    /// <summary>Pages that the guest complained about; at least 1 when its last verification was bad.</summary>
    internal long CorruptPages
    {
        get
        {
            lock (_gate)
            {
                bool isBad = _verdict?.StartsWith("VERIFY bad", StringComparison.Ordinal) ?? false;
                return Math.Max(_corrupt.Count, isBad ? 1 : 0);
            }
        }
    }

    /// <summary>The numbers of the ticks so far and the times (of <see cref="Stopwatch"/>) at which they arrived.</summary>
    internal IReadOnlyList<(long Number, long Timestamp)> Ticks
    {
        get
        {
            lock (_gate)
            {
                return [.. _ticks];
            }
        }
    }

    /// <summary>Waits until so many ticks have arrived here.</summary>
    internal Task UntilTicksAsync(int count, CancellationToken cancellationToken) =>
        UntilAsync(() => _ticks.Count >= count, cancellationToken);

    /// <summary>Waits until QEMU has closed its end and all it said was read.</summary>
    internal Task UntilEndAsync() => _reading;

    /// <summary>Lets the guest verify all its pages.</summary>
    internal async Task VerifyAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _verdict = null;
        }

        await _socket.SendAsync("v"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await UntilAsync(() => _verdict is not null, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _socket.Dispose();

    private async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (condition())
                {
                    return;
                }

                if (_isEnded)
                {
                    throw new SavevmException(ExitCode.PeerFailed, "demo", "QEMU ended while its guest was still needed");
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer).ConfigureAwait(false) is > 0 and int count)
            {
                long now = Stopwatch.GetTimestamp();
                lock (_gate)
                {
                    foreach (byte letter in buffer.AsSpan(0, count))
                    {
                        Take((char)letter, now);
                    }
                }

                Announce();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // QEMU was killed, or we are done with it.
        }

        lock (_gate)
        {
            _isEnded = true;
        }

        Announce();
    }

    private void Announce()
    {
        TaskCompletionSource changed = _changed;
        lock (_gate)
        {
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private void Take(char letter, long now)
    {
        if (letter != '\n')
        {
            if (letter != '\r' && _line.Length < LongestLine)
            {
                _line.Append(letter);
            }

            return;
        }

        string line = _line.ToString();
        _line.Clear();
        string[] words = line.Split(' ');
        switch (words[0])
        {
            case "tick" when words.Length == 3 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long number):
                _ticks.Add((number, now));
                break;
            case "CORRUPT" when words.Length > 1:
                _corrupt.Add(words[1]);
                break;
            case "VERIFY":
                _verdict = line;
                break;
        }
    }
}
