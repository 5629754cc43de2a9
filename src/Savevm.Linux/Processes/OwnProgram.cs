using System.Runtime.CompilerServices;

namespace Savevm.Linux.Processes;

/// <summary>This program, to be started once more.</summary>
public static class OwnProgram
{
    private const string Self = "/proc/self/exe";

    /// <summary>The executable, then its arguments.</summary>
    /// <param name="words">The words after the program's name.</param>
    public static IReadOnlyList<string> Command(IReadOnlyList<string> words)
    {
        // The executable is ours when compiled ahead of time or started by its own host; `dotnet savevm.dll` needs the name of the library.
        var isHostedByDotnet = RuntimeFeature.IsDynamicCodeSupported && Path.GetFileName(Environment.ProcessPath) == "dotnet";
        IEnumerable<string> library = isHostedByDotnet ? [Environment.GetCommandLineArgs()[0]] : [];
        return [Environment.ProcessPath ?? Self, .. library, .. words];
    }
}
