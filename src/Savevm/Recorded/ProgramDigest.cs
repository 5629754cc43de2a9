using System.IO.Hashing;

namespace Savevm.Recorded;

/// <summary>
/// The contents of a program in one number, by which it is known again under another path and after it was installed anew. Against mistakes,
/// not against a forger.
/// </summary>
internal static class ProgramDigest
{
    private const int BufferBytes = 1 << 20;

    /// <summary>The digest as <c>xxh3-128:…</c>; null where the file cannot be read.</summary>
    /// <param name="path">The program; <c>/proc/PID/exe</c> is the one that runs, also after its file was replaced.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static string? Of(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var digest = new XxHash128();
            var buffer = new byte[BufferBytes];
            while (file.Read(buffer) is > 0 and var count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                digest.Append(buffer.AsSpan(0, count));
            }
            return "xxh3-128:" + Convert.ToHexStringLower(digest.GetCurrentHash());
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The digest of the program of a process, computed beside whatever else is going on.</summary>
    /// <param name="processId">The process; null for none.</param>
    /// <param name="path">The path of its program; null when it is not known.</param>
    public static Task<string?> OfProcessAsync(int? processId, string? path) => Task.Run(() =>
        (processId is { } id ? Of(FormattableString.Invariant($"/proc/{id}/exe")) : null) ?? (path is null ? null : Of(path)));
}
