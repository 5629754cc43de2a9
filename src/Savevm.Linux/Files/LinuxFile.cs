using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Linux.Files;

/// <summary>
/// An open regular file, addressed by offset. Calls block, repeat when interrupted, and never move whole data through managed
/// memory. Any thread may call; two threads that write the same bytes get either's.
/// </summary>
public sealed unsafe class LinuxFile : IDisposable
{
    /// <summary>The most segments of one gathered write.</summary>
    public const int MaximumSegments = 1024;

    /// <summary>Takes an open descriptor over.</summary>
    public LinuxFile(SafeFileHandle handle, string name)
    {
        Handle = handle;
        Name = name;
    }

    /// <summary>The descriptor, owned by this object.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>What a person would call it; for messages.</summary>
    public string Name { get; }

    /// <summary>Kind, size and identity.</summary>
    public FileStatus Status() =>
        FileOpening.TryStatus(Handle, "", Name, out var status) ? status : throw new LinuxException(Errno.ENOENT, "statx", Name);

    /// <summary>Writes all bytes at an offset.</summary>
    /// <exception cref="LinuxException">The file system refused, for example because it is full.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* first = bytes) WriteAll(first, bytes.Length, offset);
    }

    /// <summary>Writes all segments one behind the other, beginning at an offset: one system call unless the kernel stops early.</summary>
    /// <exception cref="LinuxException">The file system refused, for example because it is full.</exception>
    public void WriteGather(ReadOnlySpan<FileSegment> segments, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segments.Length, MaximumSegments);
        fixed (FileSegment* all = segments)
        {
            FileSegment* next = all, end = all + segments.Length;
            while (next < end)
            {
                var written = FileCalls.WriteGather(Handle, next, (int)(end - next), offset);
                if (written < 0)
                {
                    ThrowUnlessInterrupted("pwritev");
                    continue;
                }
                offset += written;
                while (next < end && written >= next->Length) written -= (next++)->Length;
                if (next == end) return;
                // The kernel stopped early, at worst within a segment; finish that one so that the rest is whole segments again.
                WriteAll((byte*)next->Address + written, next->Length - written, offset);
                offset += next->Length - written;
                next++;
            }
        }
    }

    /// <summary>Reads at an offset until the buffer is full or the file ends; returns the number of bytes.</summary>
    /// <exception cref="LinuxException">The device failed.</exception>
    public int Read(Span<byte> buffer, long offset)
    {
        var total = 0;
        fixed (byte* first = buffer)
        {
            while (total < buffer.Length)
            {
                var count = FileCalls.Read(Handle, first + total, (nuint)(buffer.Length - total), offset + total);
                if (count > 0) total += (int)count;
                else if (count == 0) break;
                else ThrowUnlessInterrupted("pread");
            }
        }
        return total;
    }

    /// <summary>Turns a range into a hole. False when the file system has no holes; the range is unchanged then.</summary>
    public bool TryPunchHole(long offset, long length)
    {
        while (FileCalls.Allocate(Handle, FileCalls.PunchHole | FileCalls.KeepSize, offset, length) != 0)
        {
            if (Marshal.GetLastPInvokeError() is FileErrno.EOPNOTSUPP or Errno.ENOSYS) return false;
            ThrowUnlessInterrupted("fallocate");
        }
        return true;
    }

    /// <summary>Sets the size; what is added is a hole. Does nothing where the file has it.</summary>
    public void SetLength(long length)
    {
        // Of a file that is cut to nothing, even one that was empty, ext4 writes all that comes then to the disk when it is closed: half a second for a GiB.
        if (Status().Length == length) return;
        while (FileCalls.SetLength(Handle, length) != 0) ThrowUnlessInterrupted("ftruncate");
    }

    /// <summary>Offset of the first byte at or after <paramref name="offset"/> that is not in a hole; -1 when only a hole follows.</summary>
    public long NextData(long offset) => Seek(offset, FileCalls.SeekData);

    /// <summary>Offset of the first hole at or after <paramref name="offset"/>, or the end of the file; -1 when the offset is at or past it.</summary>
    public long NextHole(long offset) => Seek(offset, FileCalls.SeekHole);

    /// <summary>
    /// Asks the kernel to begin writing a range to the device, so that a later <see cref="SyncData"/> is short. A hint: what fails here
    /// is reported by that sync.
    /// </summary>
    public void StartWriteBack(long offset, long length) => _ = FileCalls.SyncRange(Handle, offset, length, FileCalls.SyncRangeWrite);

    /// <summary>Returns when the contents, and the size, are on the device.</summary>
    public void SyncData()
    {
        while (FileCalls.SyncData(Handle) != 0) ThrowUnlessInterrupted("fdatasync");
    }

    /// <summary>Takes the exclusive lock of the file; false when another process or another open file has it. Closing gives it back.</summary>
    public bool TryLock() => ExclusiveLock.TryTake(Handle, Name);

    /// <summary>Gives the file to a user and a group.</summary>
    /// <exception cref="LinuxException">Only root may do so.</exception>
    public void SetOwner(uint userId, uint groupId)
    {
        if (FileCalls.ChangeOwner(Handle, userId, groupId) != 0) throw LinuxException.Last("fchown", Name);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => Handle.Dispose();

    private void WriteAll(byte* bytes, nint length, long offset)
    {
        while (length > 0)
        {
            var written = FileCalls.Write(Handle, bytes, (nuint)length, offset);
            if (written < 0)
            {
                ThrowUnlessInterrupted("pwrite");
                continue;
            }
            bytes += written;
            length -= written;
            offset += written;
        }
    }

    private long Seek(long offset, int whence)
    {
        var found = FileCalls.Seek(Handle, offset, whence);
        if (found >= 0) return found;
        if (Marshal.GetLastPInvokeError() == Errno.ENXIO) return -1;
        throw LinuxException.Last("lseek", Name);
    }

    private void ThrowUnlessInterrupted(string call)
    {
        if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last(call, Name);
    }
}
