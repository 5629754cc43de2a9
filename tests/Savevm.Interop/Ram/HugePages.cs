using System.Globalization;
using System.Runtime.InteropServices;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Ram;

/// <summary>Some huge pages of the host, reserved for the tests of one class and given back after them; and a file system of them.</summary>
public sealed partial class HugePages : IDisposable
{
    // Enough for one guest of 64 MiB at a time, and a little for what the kernel keeps.
    private const int Wanted = 40;

    private const string Setting = "/proc/sys/vm/nr_hugepages";
    private readonly string _before;
    private readonly string _folder = string.Empty;

    public HugePages()
    {
        _before = File.ReadAllText(Setting).Trim();
        if (!QemuLab.IsRoot)
        {
            WhyNot = "only root can reserve huge pages";
            return;
        }

        if (!File.ReadLines("/proc/meminfo").Any(line => line.StartsWith("Hugepagesize:", StringComparison.Ordinal) && line.Contains(" 2048 kB", StringComparison.Ordinal)))
        {
            WhyNot = "the host's huge pages are not of 2 MiB";
            return;
        }

        int more = int.Parse(_before, CultureInfo.InvariantCulture) + Wanted;
        Reserve(more.ToString(CultureInfo.InvariantCulture));
        if (int.Parse(File.ReadAllText(Setting), CultureInfo.InvariantCulture) < more)
        {
            WhyNot = "the host has not enough memory in one piece for huge pages";
            return;
        }

        _folder = Directory.CreateTempSubdirectory("svl-huge-").FullName;
        if (mount("none", _folder, "hugetlbfs", 0, 0) != 0)
        {
            WhyNot = $"hugetlbfs cannot be mounted: {Marshal.GetLastPInvokeErrorMessage()}";
        }
    }

    /// <summary>Why there are none; null where there are.</summary>
    public string? WhyNot { get; }

    /// <summary>A folder whose files are made of them.</summary>
    public string Folder => _folder;

    /// <summary>Leaves the host without them until the result is disposed of.</summary>
    public IDisposable Withheld()
    {
        string now = File.ReadAllText(Setting).Trim();
        Reserve(_before);
        return new Return(() => Reserve(now));
    }

    public void Dispose()
    {
        if (_folder.Length > 0)
        {
            _ = umount(_folder);
            Directory.Delete(_folder);
        }

        if (QemuLab.IsRoot)
        {
            Reserve(_before);
        }
    }

    private static void Reserve(string count) => File.WriteAllText(Setting, count + "\n");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string kind, nuint flags, nint data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount(string target);

    private sealed class Return(Action back) : IDisposable
    {
        public void Dispose() => back();
    }
}
