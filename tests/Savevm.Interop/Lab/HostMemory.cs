using System.Globalization;

namespace Savevm.Interop.Lab;

/// <summary>Memory of a process as the kernel accounts for it, in bytes.</summary>
internal static class HostMemory
{
    /// <summary>Its share: what several processes map is divided among them.</summary>
    public static long Proportional(int process) => Read($"/proc/{process}/smaps_rollup", "Pss:");

    /// <summary>What it has written to and nobody else sees.</summary>
    public static long PrivateDirty(int process) => Read($"/proc/{process}/smaps_rollup", "Private_Dirty:");

    /// <summary>What of it lies in huge pages.</summary>
    public static long Huge(int process) =>
        Read($"/proc/{process}/smaps_rollup", "Private_Hugetlb:") + Read($"/proc/{process}/smaps_rollup", "Shared_Hugetlb:");

    private static long Read(string file, string name)
    {
        string line = File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) << 10;
    }
}
