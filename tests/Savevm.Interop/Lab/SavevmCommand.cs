using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>The command line, run as a user runs it, against the repository of a workspace.</summary>
internal static class SavevmCommand
{
    /// <summary>Starts a command.</summary>
    public static LabProcess Start(Workspace workspace, params IReadOnlyList<string> arguments) =>
        workspace.Owns(LabProcess.Start(SavevmExecutable.Path, arguments, new Dictionary<string, string>(workspace.CommandEnvironment)
        {
            ["SAVEVM_REPOSITORY"] = workspace.Repository,
            ["XDG_RUNTIME_DIR"] = workspace.RunFolder,
            ["XDG_STATE_HOME"] = workspace.RunFolder,
            ["TMPDIR"] = workspace.TemporaryFolder,
            ["NO_COLOR"] = "1",

            // A build that is not native would leave its runtime's sockets behind when it is killed.
            ["DOTNET_EnableDiagnostics"] = "0",
        }));

    /// <summary>Runs a command to its end.</summary>
    public static async Task<SavevmResult> RunAsync(Workspace workspace, params IReadOnlyList<string> arguments) =>
        await ResultAsync(Start(workspace, arguments));

    /// <summary>Waits for the end of a command.</summary>
    public static async Task<SavevmResult> ResultAsync(LabProcess process, TimeSpan? within = null)
    {
        int exitCode = await process.ExitAsync(within);
        return new SavevmResult(exitCode, process.Output, process.Errors);
    }

    /// <summary>Captures a guest; the document that the command printed.</summary>
    public static async Task<JsonNode> CaptureAsync(Workspace workspace, LabGuest guest, string name, params IReadOnlyList<string> more)
    {
        SavevmResult result = await RunAsync(workspace, ["capture", name, "--qmp", guest.QmpPath, "--json", .. more]);
        return result.Expect(0).Json;
    }

    /// <summary>The names of the snapshots that can be seen.</summary>
    public static async Task<IReadOnlyList<string>> NamesAsync(Workspace workspace)
    {
        SavevmResult result = await RunAsync(workspace, "list", "--json");
        return [.. result.Expect(0).Json["snapshots"]!.AsArray().Select(snapshot => (string)snapshot!["name"]!)];
    }

    /// <summary>The folder of a snapshot.</summary>
    public static async Task<string> FolderAsync(Workspace workspace, string name) =>
        (string)(await RunAsync(workspace, "show", name, "--json")).Expect(0).Json["path"]!;
}
