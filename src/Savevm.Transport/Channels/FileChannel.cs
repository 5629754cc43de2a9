using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;

namespace Savevm.Transport.Channels;

/// <summary>A file, read or written from its current position to the end. Calls do not wait for any peer.</summary>
public sealed class FileChannel : DescriptorChannel, IPositionedChannel
{
    private readonly SafeFileHandle file;
    private readonly LinuxFile places;

    /// <summary>Takes an open file over and closes it in the end.</summary>
    public FileChannel(SafeFileHandle file, string name) : base(name)
    {
        this.file = file;
        places = new LinuxFile(file, name);
    }

    /// <inheritdoc/>
    public override bool IsBidirectional => false;

    /// <inheritdoc/>
    public long Position
    {
        get => FilePosition.Get(file, Name);
        set => FilePosition.Set(file, value, Name);
    }

    /// <inheritdoc/>
    public void WriteAt(ReadOnlySpan<MemorySegment> segments, long position)
    {
        ThrowIfAborted();
        // Both are the kernel's struct iovec.
        places.WriteGather(MemoryMarshal.Cast<MemorySegment, FileSegment>(segments), position);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => file.Dispose();

    private protected override int ReadOnce(Span<byte> buffer) => Descriptor.Read(file, buffer, Name);

    private protected override nint WriteOnce(ReadOnlySpan<MemorySegment> segments) => Descriptor.WriteVector(file, segments, Name);

    private protected override bool WaitUntilReadable(TimeSpan timeout) => true;

    private protected override void EndWrite()
    {
        // Its end is where the last byte was written.
    }

    private protected override void EndBlockedCalls()
    {
        // Nobody is blocked; the next piece is refused.
    }
}
