using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;
using Savevm.Qemu.Source;

namespace Savevm.Interop.Qemu;

/// <summary>Where a source's stream ends when nobody understands it: drained, or passed on to the socket of a destination.</summary>
internal sealed class MigrationSink : IAsyncDisposable
{
    private readonly PipeOrSocket _ours;
    private readonly Socket? _onward;
    private readonly Thread _draining;
    private long _bytes;

    private MigrationSink(bool pipe, Socket? onward)
    {
        (SafeFileHandle ours, Theirs) = pipe ? Descriptor.Pipe() : UnixSocket.Pair();
        _ours = new PipeOrSocket(ours);
        _onward = onward;
        _draining = new Thread(Drain) { IsBackground = true };
        _draining.Start();
    }

    /// <summary>QEMU's end.</summary>
    public SafeFileHandle Theirs { get; }

    /// <summary>The end that is read here.</summary>
    public SafeFileHandle Reader => _ours.Handle;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>A pipe for a background snapshot, which cannot be shut down; else a socket.</summary>
    public static MigrationSink For(SourceMode mode) => new(mode == SourceMode.Background, null);

    public static async Task<MigrationSink> OnwardToAsync(string path)
    {
        var onward = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await onward.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return new MigrationSink(false, onward);
    }

    public ValueTask DisposeAsync()
    {
        Theirs.Dispose();
        _ours.Stop.Signal();
        _draining.Join();
        _ours.Handle.Dispose();
        _ours.Stop.Dispose();
        _onward?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Drain()
    {
        var buffer = new byte[1 << 18];
        try
        {
            while (Descriptor.Wait(_ours.Handle, PollEvents.Readable, _ours.Stop, Timeout.InfiniteTimeSpan, "sink") != PollEvents.Invalid
                && Descriptor.Read(_ours.Handle, buffer, "sink") is int count and > 0)
            {
                Interlocked.Add(ref _bytes, count);
                for (int sent = 0; _onward is not null && sent < count;)
                {
                    sent += _onward.Send(buffer.AsSpan(sent, count - sent));
                }
            }

            _onward?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is SocketException or Savevm.Linux.LinuxException)
        {
            // The test ended it, or the destination went away.
        }
    }

    private sealed record PipeOrSocket(SafeFileHandle Handle)
    {
        public Wakeup Stop { get; } = new();
    }
}
