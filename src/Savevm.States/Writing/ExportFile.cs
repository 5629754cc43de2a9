using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;
using FileKind = Savevm.Linux.Descriptors.FileKind;

namespace Savevm.States.Writing;

/// <summary>
/// The file that is written. It stands beside its name until it is complete and takes the name in one step, so whoever sees the name sees a
/// whole file. A pipe or a device that has the name already is written to at once.
/// </summary>
public sealed class ExportFile : IDisposable
{
    private readonly LinuxDirectory? _folder;
    private readonly string _name;
    private readonly string _temporary;
    private readonly bool _replaces;
    private readonly FileStream? _pipe;
    private bool _isCommitted;

    private ExportFile(string path, LinuxDirectory folder, bool replaces)
    {
        Path = path;
        _folder = folder;
        _name = System.IO.Path.GetFileName(path);
        _replaces = replaces;
        _temporary = $".{(_name.Length > 100 ? _name[..100] : _name)}.{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";
        File = folder.CreateFile(_temporary);
        Stream = new FileExportStream(File);
    }

    private ExportFile(string path, FileStream pipe)
    {
        Path = path;
        _name = _temporary = "";
        _pipe = pipe;
        Stream = new ForwardExportStream(pipe);
    }

    /// <summary>The name that it will have.</summary>
    public string Path { get; }

    /// <summary>Takes the form from the beginning to the end.</summary>
    public ExportStream Stream { get; }

    /// <summary>The new file, for forms that are written at any place; null for a pipe.</summary>
    public LinuxFile? File { get; }

    /// <summary>Begins a file that only its owner may read and write, since it holds everything that a guest knew.</summary>
    /// <param name="path">The name that it shall have.</param>
    /// <param name="replace">A file of that name is replaced when the new one is complete.</param>
    /// <exception cref="IOException">The name is taken, or the folder refuses.</exception>
    public static ExportFile Create(string path, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (KindOf(path) is { } kind)
        {
            if (kind is not (FileKind.Regular or FileKind.Directory) && TryOpenPipe(path) is { } pipe)
                return new ExportFile(path, pipe);
            if (kind == FileKind.Directory || !replace)
                throw new LinuxException(Errno.EEXIST, "open", path);
        }
        string full = System.IO.Path.GetFullPath(path);
        if (System.IO.Path.EndsInDirectorySeparator(full))
            throw new LinuxException(FileErrno.EISDIR, "open", path);
        LinuxDirectory folder = LinuxDirectory.Open(System.IO.Path.GetDirectoryName(full)!);
        try
        {
            return new ExportFile(full, folder, replace);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Gives the complete file its name.</summary>
    /// <param name="sync">Returns only when file and name are on the device.</param>
    /// <exception cref="IOException">Somebody else took the name meanwhile, or the device failed; nothing has the name then.</exception>
    public void Commit(bool sync = true)
    {
        if (_pipe is not null)
        {
            _pipe.Flush();
            _isCommitted = true;
            return;
        }
        if (sync)
            File!.SyncData();
        if (_replaces)
            _folder!.Replace(_temporary, _name);
        else if (!_folder!.TryRename(_temporary, _name))
            throw new LinuxException(Errno.EEXIST, "rename", Path);
        _isCommitted = true;
        if (sync)
            _folder.Sync();
    }

    /// <summary>Opens the file once more, for writes past the page cache.</summary>
    internal SafeFileHandle OpenDirect()
    {
        string path = System.IO.Path.Combine(_folder!.Name, _temporary);
        return Descriptor.Open(path, FileAccess.ReadWrite, DirectWrites.Flag);
    }

    /// <summary>Closes the file; without <see cref="Commit"/> it is gone.</summary>
    public void Dispose()
    {
        if (_folder is not null && !_isCommitted)
            _folder.RemoveFile(_temporary);
        File?.Dispose();
        _folder?.Dispose();
        _pipe?.Dispose();
    }

    private static FileKind? KindOf(string path)
    {
        try
        {
            return FileKinds.KindOf(path);
        }
        catch (LinuxException e) when (e.ErrorNumber == Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>Opens what takes bytes one after the other; null where a symbolic link leads to a file after all. /dev/stdout is such a link.</summary>
    private static FileStream? TryOpenPipe(string path)
    {
        SafeFileHandle handle = Descriptor.Open(path, FileAccess.Write);
        if (FileKinds.KindOf(handle, path) != FileKind.Regular)
            return new FileStream(handle, FileAccess.Write, bufferSize: 0);
        handle.Dispose();
        return null;
    }
}
