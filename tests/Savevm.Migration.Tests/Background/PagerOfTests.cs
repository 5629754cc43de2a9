using System.Runtime.CompilerServices;
using Savevm.Hosting;

namespace Savevm.Migration.Tests.Background;

/// <summary>This program is its own pager.</summary>
internal static class PagerOfTests
{
    [ModuleInitializer]
    internal static void ServeIfAsked()
    {
        if (MemoryPager.ServeIfAsked()) Environment.Exit(0);
    }
}
