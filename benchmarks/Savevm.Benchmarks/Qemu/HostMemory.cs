using System.Globalization;

namespace Savevm.Benchmarks.Qemu;

/// <summary>Whether a guest fits into this host.</summary>
internal static class HostMemory
{
    public static bool IsTooSmallFor(BenchmarkGuest guest)
    {
        string line = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        long available = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

        // QEMU reads every page when it saves and touches every page when it loads, be it only the shared zero page; what it writes also
        // lies in the page cache.
        return guest.RamMiB + (2L * guest.FilledMiB) > available;
    }
}
