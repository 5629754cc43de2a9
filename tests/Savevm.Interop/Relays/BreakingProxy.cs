using System.Net.Sockets;

namespace Savevm.Interop.Relays;

/// <summary>
/// A pipe between two unix sockets, for every connection that comes, which breaks both ends of the newest when so many bytes have passed in one direction.
/// What it stands between cannot tell it from a network that goes away: the byte of the break is anywhere in a message.
/// </summary>
internal sealed class BreakingProxy : IAsyncDisposable
{
    private readonly string _path, _target;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _accepting;
    private readonly List<Thread> _threads = [];
    private readonly Lock _gate = new();
    private (Socket Near, Socket Far)? _newest;
    private long _left, _forwarded, _returned;
    private bool _isForward;
    private int _breaks;

    /// <summary>Begins to listen.</summary>
    /// <param name="path">Where it listens.</param>
    /// <param name="target">Where it connects to, when somebody comes.</param>
    public BreakingProxy(string path, string target)
    {
        (_path, _target) = (path, target);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(16);
        _accepting = new Thread(Accept) { IsBackground = true, Name = "breaking proxy" };
        _accepting.Start();
    }

    /// <summary>Breaks so far.</summary>
    public int Breaks => Volatile.Read(ref _breaks);

    /// <summary>Bytes that were passed on from who connects.</summary>
    public long Forwarded => Interlocked.Read(ref _forwarded);

    /// <summary>Bytes that were passed back.</summary>
    public long Returned => Interlocked.Read(ref _returned);

    /// <summary>The connection that there is then breaks when so many bytes more have passed, also when it is made only later.</summary>
    public void BreakAfter(long bytes, bool forward)
    {
        lock (_gate)
        {
            (_left, _isForward) = (bytes + 1, forward);
        }
    }

    /// <summary>Nothing breaks unless told again.</summary>
    public void Spare() => BreakAfter(-1, true);

    /// <summary>Breaks at once what there is; false when there is nothing.</summary>
    public bool Break()
    {
        lock (_gate)
        {
            _left = 0;
            if (_newest is not { } newest)
            {
                return false;
            }

            _newest = null;
            _breaks++;
            Close(newest.Near, newest.Far);
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        lock (_gate)
        {
            if (_newest is { } newest)
            {
                Close(newest.Near, newest.Far);
            }
        }

        _accepting.Join();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        File.Delete(_path);
        return ValueTask.CompletedTask;
    }

    private static void Close(params ReadOnlySpan<Socket> ends)
    {
        foreach (Socket end in ends)
        {
            try
            {
                end.Shutdown(SocketShutdown.Both);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // The other end was faster.
            }
        }
    }

    private void Accept()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = _listener.Accept();
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                return;
            }

            var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                far.Connect(new UnixDomainSocketEndPoint(_target));
            }
            catch (SocketException)
            {
                // Nobody waits there yet: who came is sent away, and comes again.
                near.Dispose();
                far.Dispose();
                continue;
            }

            lock (_gate)
            {
                _newest = (near, far);
            }

            var back = new Thread(() => Carry(far, near, forward: false)) { IsBackground = true };
            var forth = new Thread(() => CarryBoth(near, far, back)) { IsBackground = true };
            back.Start();
            forth.Start();
            _threads.Add(forth);
        }
    }

    private void CarryBoth(Socket near, Socket far, Thread back)
    {
        Carry(near, far, forward: true);
        back.Join();
        near.Dispose();
        far.Dispose();
    }

    private void Carry(Socket from, Socket to, bool forward)
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (from.Receive(buffer) is > 0 and var count)
            {
                bool breaks = Allow(ref count, forward, from, to);
                for (int sent = 0; sent < count;)
                {
                    sent += to.Send(buffer, sent, count - sent, SocketFlags.None);
                }

                Interlocked.Add(ref forward ? ref _forwarded : ref _returned, count);
                if (breaks)
                {
                    Break();
                    return;
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            Close(from, to);
        }
    }

    /// <summary>How many of the bytes may pass; true when the connection breaks behind them.</summary>
    private bool Allow(ref int count, bool forward, Socket from, Socket to)
    {
        lock (_gate)
        {
            if (_left == 0 || forward != _isForward || _newest is not { } newest || (newest.Near != from && newest.Near != to))
            {
                return false;
            }

            if (count < _left)
            {
                _left -= count;
                return false;
            }

            count = (int)_left - 1;
            return true;
        }
    }
}
