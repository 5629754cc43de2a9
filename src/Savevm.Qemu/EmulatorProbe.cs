using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Linux.Files;
using Savevm.Qemu.CommandLine;
using Savevm.Qemu.Facts;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu;

/// <summary>
/// Asks an emulator what it is by starting it once without a machine. The answer is kept in the user's cache until the file changes.
/// </summary>
public static class EmulatorProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Asks, or remembers.</summary>
    /// <param name="executable">The emulator: a path, or a name that is searched in PATH.</param>
    /// <param name="cacheDirectory">Where answers are kept; null for <c>savevm/emulators</c> in the user's cache directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QemuStartException">It is not there, or is no emulator.</exception>
    public static async Task<EmulatorFacts> AskAsync(string executable, string? cacheDirectory = null, CancellationToken cancellationToken = default)
    {
        string path = Resolve(executable) ?? throw new QemuStartException(
            $"there is no emulator {executable}", null, "install QEMU, or name the emulator in SAVEVM_QEMU");
        string key = Key(path);
        string file = Path.Combine(
            cacheDirectory ?? DefaultCache(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16)) + ".json");
        if (Remembered(file, key) is { } known)
        {
            return known;
        }

        var (facts, answers) = await StartAndAskAsync(path, cancellationToken).ConfigureAwait(false);
        Remember(file, key, path, answers);
        return facts;
    }

    /// <summary>The full path of an executable; null when there is none.</summary>
    public static string? Resolve(string executable)
    {
        if (executable.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(executable) ? Path.GetFullPath(executable) : null;
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, executable))
            .FirstOrDefault(File.Exists);
    }

    private static string DefaultCache()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return !string.IsNullOrEmpty(cache)
            ? Path.Combine(cache, "savevm", "emulators")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "savevm", "emulators");
    }

    private static string Key(string path)
    {
        var identity = FileIdentity.Of(path);
        return FormattableString.Invariant($"1 {path} {identity.Device:x} {identity.Inode} {identity.Bytes} {identity.ModifiedNanoseconds}");
    }

    private static async Task<(EmulatorFacts Facts, JsonObject Answers)> StartAndAskAsync(string path, CancellationToken cancellationToken)
    {
        string log = Path.GetTempFileName();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using var process = QemuProcess.Start(new QemuStart
        {
            Executable = path,
            LogPath = log,
            Arguments =
            [
                "-machine", "none", "-nodefaults", "-display", "none",
                "-chardev", FormattableString.Invariant($"socket,id={CommandLineRebuild.MonitorId},fd={QemuProcess.MonitorDescriptor}"),
                "-mon", $"chardev={CommandLineRebuild.MonitorId},mode=control",
            ],
        });
        try
        {
            await using var client = await process.OpenMonitorAsync(limit.Token).ConfigureAwait(false);
            var answers = await AskAsync(client, limit.Token).ConfigureAwait(false);
            return (Parse(path, answers), answers);
        }
        catch (Exception failure) when (failure is QemuException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            throw new QemuStartException($"{path} does not answer as a QEMU", process.LastErrorLine(), null, failure);
        }
        finally
        {
            process.Kill();
            File.Delete(log);
        }
    }

    private static async Task<JsonObject> AskAsync(QmpClient client, CancellationToken cancellationToken)
    {
        QmpCommand[] questions =
        [
            new("query-version"),
            new("query-machines"),
            new("qom-list-properties", new JsonObject { ["typename"] = "memory-backend-file" }),
            new("qom-list-types", new JsonObject { ["implements"] = "accel" }),
        ];
        var results = await client.ExecuteBatchAsync(questions, cancellationToken).ConfigureAwait(false);
        var answers = new JsonObject();
        for (int i = 0; i < questions.Length; i++)
        {
            answers[questions[i].Name] = results[i]?.DeepClone();
        }

        return answers;
    }

    private static EmulatorFacts Parse(string path, JsonNode answers)
    {
        var version = answers.Member("query-version");
        var numbers = version.Member("qemu");
        return new EmulatorFacts
        {
            Path = path,
            Version = FormattableString.Invariant($"{numbers.Number("major")}.{numbers.Number("minor")}.{numbers.Number("micro")}"),
            Package = version.Text("package") ?? string.Empty,
            Machines = [.. answers.Member("query-machines").Items().Select(item => new MachineFact(
                item.Text("name") ?? string.Empty, item.Text("alias"), item.Flag("is-default"), item.Text("default-ram-id")))],
            FileBackendProperties = [.. answers.Member("qom-list-properties").Items().Select(item => item.Text("name")).OfType<string>()],
            Accelerators = [.. answers.Member("qom-list-types").Items()
                .Where(item => !item.Flag("abstract"))
                .Select(item => item.Text("name"))
                .OfType<string>()
                .Where(name => name.EndsWith("-accel", StringComparison.Ordinal))
                .Select(name => name[..^"-accel".Length])],
        };
    }

    private static EmulatorFacts? Remembered(string file, string key)
    {
        try
        {
            var kept = JsonNode.Parse(File.ReadAllText(file));
            return kept.Text("key") == key && kept.Member("answers") is { } answers && kept.Text("path") is { } path ? Parse(path, answers) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static void Remember(string file, string key, string path, JsonObject answers)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            string fresh = FormattableString.Invariant($"{file}.{Environment.ProcessId}");
            File.WriteAllText(fresh, new JsonObject { ["key"] = key, ["path"] = path, ["answers"] = answers.DeepClone() }.ToJsonString());
            File.Move(fresh, file, overwrite: true);
        }
        catch (Exception readOnly) when (readOnly is IOException or UnauthorizedAccessException)
        {
            // Not being able to remember only costs time.
        }
    }
}
