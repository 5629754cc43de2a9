using System.Globalization;
using System.IO.Hashing;

namespace Savevm.Repository.Disks;

/// <summary>
/// A digest of samples of a disk image: the beginning, where formats keep their tables, the end, and pages evenly between. It finds an image that
/// was replaced; reading all of a disk would take minutes.
/// </summary>
public static class DiskSample
{
    private const int HeadBytes = 128 << 10, TailBytes = 64 << 10, PageBytes = 4096, PageCount = 96;

    /// <summary>XXH3-64 of the samples in hexadecimal; null where the file cannot be read.</summary>
    /// <param name="path">The image.</param>
    /// <param name="length">Its size in bytes.</param>
    public static string? Of(string path, long length)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var hash = new XxHash3();
            var buffer = new byte[HeadBytes];
            Add(0, HeadBytes);
            Add(Math.Max(HeadBytes, length - TailBytes), TailBytes);
            for (var i = 1; i <= PageCount; i++) Add(length / (PageCount + 1) * i / PageBytes * PageBytes, PageBytes);
            return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);

            void Add(long offset, int count)
            {
                var read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(0, count), offset);
                hash.Append(buffer.AsSpan(0, read));
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
