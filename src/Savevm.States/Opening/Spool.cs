using Savevm.Linux.Files;
using Savevm.Machine.Ram;

namespace Savevm.States.Opening;

/// <summary>
/// Unpacked copies of what must be read at any place and can only be read forward. A copy has no name, so nothing is left behind whatever
/// happens, and zeros take no room in it.
/// </summary>
internal static class Spool
{
    private const int PieceBytes = 1 << 20;
    private const int HoleBytes = 64 << 10;

    /// <summary>Room that is left to others on the file system.</summary>
    private const long ReserveBytes = 256 << 20;

    /// <summary>Copies the rest of a layer; every byte has the position in the copy that it has in the layer.</summary>
    /// <exception cref="UnsupportedFormException">The file system has not the room.</exception>
    internal static StateStorage Copy(LayerStream layer, OpeningOptions options)
    {
        using LinuxDirectory folder = LinuxDirectory.Open(options.SpoolFolder ?? DefaultFolder());
        string name = $".savevm-{Environment.ProcessId}-{Guid.NewGuid():n}";
        LinuxFile file = folder.CreateFile(name);
        try
        {
            folder.RemoveFile(name);
            long position = layer.Position;
            long room = folder.FreeBytes() - ReserveBytes;
            byte[] piece = GC.AllocateUninitializedArray<byte>(PieceBytes);
            while (layer.ReadAtLeast(piece, PieceBytes, throwOnEndOfStream: false) is int count and > 0)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                room -= WriteData(file, piece.AsSpan(0, count), position);
                position += count;
                if (room < 0)
                {
                    throw new UnsupportedFormException(
                        $"no room in {folder.Name} for an unpacked copy, which is needed because it is not read from begin to end",
                        "set TMPDIR to a folder with more room, or unpack the file before");
                }
            }
            file.SetLength(position);
            return new StateStorage(file.Handle, counter: null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static long WriteData(LinuxFile file, ReadOnlySpan<byte> piece, long position)
    {
        long written = 0;
        for (int at = 0; at < piece.Length; at += HoleBytes)
        {
            ReadOnlySpan<byte> part = piece[at..Math.Min(piece.Length, at + HoleBytes)];
            if (ZeroPage.IsZero(part))
                continue;
            file.Write(part, position + at);
            written += part.Length;
        }
        return written;
    }

    private static string DefaultFolder()
    {
        string? named = Environment.GetEnvironmentVariable("TMPDIR");
        if (!string.IsNullOrEmpty(named))
            return named;

        // /tmp is memory on many systems, and these copies may be as large as a guest.
        return Directory.Exists("/var/tmp") ? "/var/tmp" : "/tmp";
    }
}
