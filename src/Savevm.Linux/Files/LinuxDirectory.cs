using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Savevm.Linux.Files;

/// <summary>
/// An open directory. Entries are named relative to it and symbolic links are never followed, so that a name cannot lead out of it
/// and a directory that is renamed meanwhile stays the same one.
/// </summary>
public sealed unsafe class LinuxDirectory : IDisposable
{
    private const uint OwnerOnlyFile = 0x180, OwnerOnlyDirectory = 0x1c0;
    private const int MaximumDepth = 64;
    private const int MaximumAttempts = 8;

    private readonly SafeFileHandle handle;

    private LinuxDirectory(SafeFileHandle handle, string name)
    {
        this.handle = handle;
        Name = name;
    }

    /// <summary>The path by which it was opened; for messages and for programs that need one.</summary>
    public string Name { get; }

    /// <summary>Opens a directory by its path; here, and only here, symbolic links are followed.</summary>
    /// <exception cref="LinuxException">There is none, or it may not be read.</exception>
    public static LinuxDirectory Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal)) throw new ArgumentException("A path cannot contain a NUL.", nameof(path));
        return new LinuxDirectory(FileOpening.OpenAt(null, path, FileOpening.ReadOnly | FileOpening.DirectoryFlag, 0, path), path);
    }

    /// <summary>Opens a directory in this one.</summary>
    /// <exception cref="LinuxException">There is none, or it is something else, a symbolic link for example.</exception>
    public LinuxDirectory OpenDirectory(string name)
    {
        var path = PathOf(name);
        var flags = FileOpening.ReadOnly | FileOpening.DirectoryFlag | FileOpening.NoFollow;
        return new LinuxDirectory(FileOpening.OpenAt(handle, name, flags, 0, path), path);
    }

    /// <summary>Opens a regular file for reading.</summary>
    /// <exception cref="LinuxException">There is none, or it is something else.</exception>
    public LinuxFile OpenFile(string name)
    {
        var path = PathOf(name);
        // A FIFO would make a blocking open wait for a writer; the kind is checked on the open descriptor.
        var flags = FileOpening.ReadOnly | FileOpening.NoFollow | FileOpening.NonBlocking;
        return RegularOnly(new LinuxFile(FileOpening.OpenAt(handle, name, flags, 0, path), path));
    }

    /// <summary>Makes a file that only its owner may read and write, and opens it for both.</summary>
    /// <exception cref="LinuxException">The name is taken, or the file system refused.</exception>
    public LinuxFile CreateFile(string name)
    {
        var path = PathOf(name);
        var flags = FileOpening.ReadWrite | FileOpening.NoFollow | FileOpening.Create | FileOpening.Exclusive;
        return new LinuxFile(FileOpening.OpenAt(handle, name, flags, OwnerOnlyFile, path), path);
    }

    /// <summary>Opens a regular file for reading and writing; one that only its owner may read and write is made when there is none.</summary>
    /// <exception cref="LinuxException">It is something else, or the file system refused.</exception>
    public LinuxFile OpenOrCreateFile(string name)
    {
        var path = PathOf(name);
        var flags = FileOpening.ReadWrite | FileOpening.NoFollow | FileOpening.NonBlocking | FileOpening.Create;
        return RegularOnly(new LinuxFile(FileOpening.OpenAt(handle, name, flags, OwnerOnlyFile, path), path));
    }

    /// <summary>Makes a directory that only its owner may enter. False when the name is taken.</summary>
    public bool TryCreateDirectory(string name)
    {
        var path = PathOf(name);
        if (FileCalls.MakeDirectoryAt(handle, name, OwnerOnlyDirectory) == 0) return true;
        if (Marshal.GetLastPInvokeError() == Errno.EEXIST) return false;
        throw LinuxException.Last("mkdirat", path);
    }

    /// <summary>Kind, size and identity of an entry; null when there is none.</summary>
    public FileStatus? StatusOf(string name) =>
        FileOpening.TryStatus(handle, name, PathOf(name), out var status) ? status : null;

    /// <summary>Kind and identity of the directory itself.</summary>
    public FileStatus Status() =>
        FileOpening.TryStatus(handle, "", Name, out var status) ? status : throw new LinuxException(Errno.ENOENT, "statx", Name);

    /// <summary>Renames an entry within this directory, never over another. False when the new name is taken.</summary>
    /// <exception cref="LinuxException">There is no such entry, or the file system refused.</exception>
    public bool TryRename(string from, string to)
    {
        string fromPath = PathOf(from), toPath = PathOf(to);
        if (FileCalls.RenameAt(handle, from, handle, to, FileCalls.RenameNoReplace) == 0) return true;
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.EINVAL)
        {
            // Some file systems lack RENAME_NOREPLACE. An ordinary rename replaces at most an empty directory by a directory.
            if (StatusOf(to) is not null) return false;
            if (FileCalls.RenameAt(handle, from, handle, to, 0) == 0) return true;
            error = Marshal.GetLastPInvokeError();
        }
        if (error is Errno.EEXIST or FileErrno.ENOTEMPTY) return false;
        throw new LinuxException(error, "renameat2", error == Errno.ENOENT ? fromPath : toPath);
    }

    /// <summary>Renames an entry within this directory; another of the new name is replaced in one step.</summary>
    public void Replace(string from, string to)
    {
        var path = PathOf(from);
        _ = PathOf(to);
        if (FileCalls.RenameAt(handle, from, handle, to, 0) != 0) throw LinuxException.Last("renameat2", path);
    }

    /// <summary>Removes a file or link. Nothing happens when there is none.</summary>
    public void RemoveFile(string name)
    {
        var path = PathOf(name);
        if (FileCalls.UnlinkAt(handle, name, 0) != 0 && Marshal.GetLastPInvokeError() != Errno.ENOENT)
            throw LinuxException.Last("unlinkat", path);
    }

    /// <summary>Removes an entry and everything in it, never anything that a link in it points to. Nothing happens when there is none.</summary>
    public void RemoveTree(string name) => RemoveTree(name, MaximumDepth);

    /// <summary>The names of the entries, except for <c>.</c> and <c>..</c>; each call lists anew.</summary>
    public IReadOnlyList<string> EntryNames()
    {
        const int bufferBytes = 16384;
        // A second open description, so that two listings do not share a position.
        using var listing = FileOpening.OpenAt(handle, ".", FileOpening.ReadOnly | FileOpening.DirectoryFlag, 0, Name);
        var names = new List<string>();
        var buffer = stackalloc byte[bufferBytes];
        while (true)
        {
            var count = FileCalls.DirectoryEntries(listing, buffer, bufferBytes);
            if (count < 0) throw LinuxException.Last("getdents64", Name);
            if (count == 0) return names;
            // struct linux_dirent64: inode 0, position 8, record length 16, type 18, name 19.
            for (nint at = 0; at < count; at += *(ushort*)(buffer + at + 16))
            {
                var name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + 19));
                if (name is not ("." or "..")) names.Add(name);
            }
        }
    }

    /// <summary>Takes the exclusive lock of the directory; false when another process or another open directory has it. Closing gives it back.</summary>
    public bool TryLock() => ExclusiveLock.TryTake(handle, Name);

    /// <summary>Returns when the entries are on the device.</summary>
    public void Sync()
    {
        while (FileCalls.Sync(handle) != 0)
            if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("fsync", Name);
    }

    /// <summary>Bytes that an ordinary user may still write to the file system of this directory.</summary>
    public long FreeBytes()
    {
        // struct statvfs of 64-bit systems: fragment size is the second word, available blocks the fifth.
        var status = stackalloc ulong[32];
        while (FileCalls.FileSystemStatus(handle, status) != 0)
            if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last("fstatvfs", Name);
        return (long)UInt128.Min(long.MaxValue, (UInt128)status[1] * status[4]);
    }

    /// <summary>Closes the directory and gives its lock back.</summary>
    public void Dispose() => handle.Dispose();

    private static LinuxFile RegularOnly(LinuxFile file)
    {
        if (file.Status().Kind == FileKind.Regular) return file;
        file.Dispose();
        throw new LinuxException(Errno.EINVAL, "not a regular file", file.Name);
    }

    private void RemoveTree(string name, int depth)
    {
        if (StatusOf(name) is not { } status) return;
        if (status.Kind != FileKind.Directory)
        {
            RemoveFile(name);
            return;
        }
        if (depth == 0) throw new LinuxException(FileErrno.ELOOP, "directories nested too deeply", PathOf(name));
        // Whoever has the directory open may add an entry while it is emptied; it is emptied again then.
        for (var attempt = 1; ; attempt++)
        {
            Empty(name, depth);
            if (FileCalls.UnlinkAt(handle, name, FileCalls.RemoveDirectory) == 0) return;
            var error = Marshal.GetLastPInvokeError();
            if (error == Errno.ENOENT) return;
            if (error != FileErrno.ENOTEMPTY || attempt == MaximumAttempts) throw new LinuxException(error, "unlinkat", PathOf(name));
        }
    }

    private void Empty(string name, int depth)
    {
        try
        {
            using var inner = OpenDirectory(name);
            foreach (var entry in inner.EntryNames()) inner.RemoveTree(entry, depth - 1);
        }
        catch (LinuxException error) when (error.ErrorNumber == Errno.ENOENT)
        {
            // Somebody else removes the same tree; together we succeed.
        }
    }

    private string PathOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
            throw new ArgumentException($"'{name}' is not the name of a directory entry.", nameof(name));
        return Name.EndsWith('/') ? Name + name : $"{Name}/{name}";
    }
}
