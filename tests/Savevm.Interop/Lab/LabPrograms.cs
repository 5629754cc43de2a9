namespace Savevm.Interop.Lab;

/// <summary>
/// Programs that tests use beside QEMU, as <c>tools/fetch-lab</c> brings them: in the folder of <c>SAVEVM_TEST_LAB</c>, else in
/// <c>.cache/lab</c>. None is a failure, never a skip.
/// </summary>
internal static class LabPrograms
{
    private static readonly string s_folder =
        Environment.GetEnvironmentVariable("SAVEVM_TEST_LAB") is { Length: > 0 } named ? named : RepositoryRoot.Combine(".cache", "lab");

    /// <summary>Starts a TPM that waits for one QEMU at a socket, and ends when that one goes.</summary>
    public static async Task<LabProcess> StartTpmAsync(Workspace workspace, string socket)
    {
        File.Delete(socket);
        LabProcess process = workspace.Owns(LabProcess.Start(
            Fetched("swtpm"),
            ["socket", "--tpm2", "--terminate", "--tpmstate", $"dir={workspace.NewFolder("tpm")}", "--ctrl", $"type=unixio,path={socket}"]));
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(20); !File.Exists(socket); await Task.Delay(10))
        {
            Assert.False(process.HasExited, process.Errors);
            Assert.True(DateTime.UtcNow < end, "swtpm made no socket");
        }

        return process;
    }

    /// <summary>An environment in which the wall clock is ahead by some seconds; the steady clock and the times of files are the machine's.</summary>
    public static IReadOnlyDictionary<string, string> Later(long seconds) => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Fetched("libfaketime.so.1"),
        ["FAKETIME"] = FormattableString.Invariant($"+{seconds}"),
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
        ["NO_FAKE_STAT"] = "1",
    };

    /// <summary>The wrapper that starts a program of the private libvirt.</summary>
    public static string Libvirt => Fetched("libvirt");

    private static string Fetched(string name)
    {
        string path = Path.Combine(s_folder, name);
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is not there: run tools/fetch-lab");
    }
}
