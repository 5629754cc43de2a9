using System.Diagnostics;

namespace Savevm.Migration.Tests.Background;

/// <summary>Ends a process that this one started, as hard as it can be done.</summary>
internal static class ChildKiller
{
    public static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
    }
}
