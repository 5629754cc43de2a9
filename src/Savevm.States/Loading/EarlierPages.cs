using Microsoft.Win32.SafeHandles;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Xbzrle;
using Savevm.Wire;

namespace Savevm.States.Loading;

/// <summary>
/// What the pages of a stream are so far, for the differences that follow (XBZRLE): a sparse file a block, without names, gone when it is closed.
/// </summary>
/// <param name="folder">The folder for the files.</param>
public sealed class EarlierPages(string folder) : IDisposable
{
    private static readonly byte[] ZeroPage = new byte[RamBlock.PageSize];

    private readonly List<SafeFileHandle?> _files = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle? file in _files)
            file?.Dispose();
        _files.Clear();
    }

    /// <summary>Keeps a page; an empty one is zero.</summary>
    internal void Store(int block, long page, ReadOnlySpan<byte> bytes)
    {
        // Nothing was written there, and zero is what a hole is.
        if (bytes.IsEmpty && (_files.Count <= block || _files[block] is null))
            return;
        RandomAccess.Write(FileOf(block), bytes.IsEmpty ? ZeroPage : bytes, page * RamBlock.PageSize);
    }

    /// <summary>Applies a difference to what is kept.</summary>
    internal void Apply(long offset, int block, long page, ReadOnlySpan<byte> difference, Span<byte> result)
    {
        result.Clear();
        int read = 0;
        while (read < result.Length && RandomAccess.Read(FileOf(block), result[read..], (page * RamBlock.PageSize) + read) is int count and > 0)
            read += count;
        if (!XbzrleDecoder.TryDecode(difference, result, out _))
            throw new WireException(offset, "an XBZRLE difference that is none");
    }

    private SafeFileHandle FileOf(int block)
    {
        while (_files.Count <= block)
            _files.Add(null);
        return _files[block] ??= Open();
    }

    private SafeFileHandle Open()
    {
        string path = Path.Combine(folder, $".savevm-{Guid.NewGuid():n}");
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(path);
        return file;
    }
}
