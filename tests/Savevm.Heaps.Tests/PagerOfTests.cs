using System.Runtime.CompilerServices;
using Savevm.Hosting;

namespace Savevm.Heaps.Tests;

/// <summary>This program is its own pager, and the one that ends with it.</summary>
internal static class PagerOfTests
{
    [ModuleInitializer]
    internal static void ServeIfAsked()
    {
        if (MemoryPager.ServeIfAsked()) Environment.Exit(0);
        if (Environment.GetEnvironmentVariable(LostProgram.Variable) is { } path) LostProgram.Run(path);
    }
}
