using Microsoft.Win32.SafeHandles;

namespace Savevm.States.Opening;

/// <summary>A file that can be read at any place. Any thread may read.</summary>
public sealed class StateStorage : IDisposable
{
    private readonly ReadCounter? _counter;

    internal StateStorage(SafeFileHandle handle, ReadCounter? counter)
    {
        Handle = handle;
        Length = RandomAccess.GetLength(handle);
        _counter = counter;
    }

    /// <summary>The open file, owned by this.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Its bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; returns the number of bytes.</summary>
    public int Read(Span<byte> buffer, long position)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int count = RandomAccess.Read(Handle, buffer[total..], position + total);
            if (count == 0)
                break;
            total += count;
        }
        _counter?.Add(total);
        return total;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
