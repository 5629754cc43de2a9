using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;

namespace Savevm.Qemu.Source;

/// <summary>
/// Reads a stream that nobody wants any more. A background snapshot whose reader stops reading blocks the guest's writes, and with them
/// QEMU's main loop: no command gets through until somebody reads on.
/// </summary>
internal sealed class StreamDrain : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly SafeFileHandle _reader;
    private readonly Wakeup _stop = new();
    private readonly Thread _thread;

    private StreamDrain(SafeHandle reader)
    {
        _reader = Descriptor.Duplicate(reader);
        _thread = new Thread(Run) { IsBackground = true, Name = "savevm drain" };
        _thread.Start();
    }

    /// <summary>Begins to read.</summary>
    /// <param name="reader">The reading end; stays the caller's. Somebody else may be reading from it too.</param>
    public static StreamDrain Start(SafeHandle reader) => new(reader);

    /// <summary>Stops reading.</summary>
    public void Dispose()
    {
        _stop.Signal();
        _thread.Join(TimeSpan.FromSeconds(1));
        _reader.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var events = Descriptor.Wait(_reader, PollEvents.Readable, _stop, Timeout.InfiniteTimeSpan, "stream");
                if (events == PollEvents.Invalid || Descriptor.Read(_reader, buffer, "stream") == 0)
                {
                    return;
                }
            }
        }
        catch (Exception over) when (over is LinuxException or ObjectDisposedException)
        {
            // The stream broke: there is nothing left to read.
        }
    }
}
