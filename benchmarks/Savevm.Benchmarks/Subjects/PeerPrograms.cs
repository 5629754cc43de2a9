using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks.Subjects;

/// <summary>The C programs beside us, compiled once where there is a compiler.</summary>
internal sealed class PeerPrograms
{
    /// <param name="workspace">Where they go.</param>
    public PeerPrograms(Workspace workspace)
    {
        string folder = workspace.NewDataFolder("peers");
        try
        {
            SocketToFile = Compile(folder, "socket-to-file");
            NoSync = Compile(folder, "no-sync", "-shared", "-fPIC");
            PageRoutines = Compile(folder, "page-routines", "-shared", "-fPIC");
            SpliceRelay = Compile(folder, "splice-relay", "-pthread");
            WriteProtect = Compile(folder, "write-protect", "-pthread");
            PageFaults = Compile(folder, "page-faults", "-shared", "-fPIC", "-pthread");
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Missing = $"the C programs were left out, cc does not work here: {exception.Message}";
        }
    }

    /// <summary>Copies what comes over a socket into a file.</summary>
    public string? SocketToFile { get; }

    /// <summary>A library that turns fsync and its relatives into nothing.</summary>
    public string? NoSync { get; }

    /// <summary>A library that scans and encodes pages.</summary>
    public string? PageRoutines { get; }

    /// <summary>Moves bytes between two sockets and looks at none.</summary>
    public string? SpliceRelay { get; }

    /// <summary>Serves write faults of memory in its own process.</summary>
    public string? WriteProtect { get; }

    /// <summary>A library that touches missing pages and serves them.</summary>
    public string? PageFaults { get; }

    /// <summary>Why there are none.</summary>
    public string? Missing { get; }

    private static string Compile(string folder, string name, params string[] options)
    {
        string output = Path.Combine(folder, name);
        ChildProcess.Run("cc", ["-O2", "-Wall", "-Werror", .. options, "-o", output, RepositoryRoot.Combine("benchmarks", "peers", $"{name}.c")]);
        return output;
    }
}
