namespace Savevm.Disks;

/// <summary>Copies a file and leaves holes where it is zero.</summary>
internal static class SparseCopy
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Copies; the copy is on the disk when this returns.</summary>
    /// <param name="from">The file to read.</param>
    /// <param name="to">The file to make, for its owner only; nothing may be there yet.</param>
    /// <param name="cancellationToken">Ends the copy; what was written stays.</param>
    /// <exception cref="IOException">One of them cannot be read or written.</exception>
    public static void Run(string from, string to, CancellationToken cancellationToken)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var target = new FileStream(to, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var length = RandomAccess.GetLength(source.SafeFileHandle);
        RandomAccess.SetLength(target.SafeFileHandle, length);
        var piece = new byte[PieceBytes];
        for (long offset = 0; offset < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = RandomAccess.Read(source.SafeFileHandle, piece, offset);
            if (count == 0) throw new EndOfStreamException($"{from} became shorter while it was copied");
            var content = piece.AsSpan(0, count);
            if (content.ContainsAnyExcept((byte)0)) RandomAccess.Write(target.SafeFileHandle, content, offset);
            offset += count;
        }
        RandomAccess.FlushToDisk(target.SafeFileHandle);
    }
}
