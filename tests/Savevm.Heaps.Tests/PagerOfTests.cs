using System.Runtime.CompilerServices;
using Savevm.Hosting.Snapshots;

namespace Savevm.Heaps.Tests;

/// <summary>This program is its own pager.</summary>
internal static class PagerOfTests
{
    [ModuleInitializer]
    internal static void ServeIfAsked()
    {
        if (SnapshotPager.ServeIfAsked()) Environment.Exit(0);
    }
}
