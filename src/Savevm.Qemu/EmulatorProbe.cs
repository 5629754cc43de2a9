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
    private const string FoldersKey = "firmware folders";
    private const string PropertiesKey = "device-list-properties ";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Asks, or remembers.</summary>
    /// <param name="executable">The emulator: a path, or a name that is searched in PATH.</param>
    /// <param name="cacheDirectory">Where answers are kept; null for <c>savevm/emulators</c> in the user's cache directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QemuStartException">It is not there, or is no emulator.</exception>
    public static Task<EmulatorFacts> AskAsync(string executable, string? cacheDirectory = null, CancellationToken cancellationToken = default) =>
        AskAsync(executable, [], cacheDirectory, cancellationToken);

    /// <summary>Asks, or remembers; also which properties some device models have.</summary>
    /// <param name="executable">The emulator: a path, or a name that is searched in PATH.</param>
    /// <param name="models">The types of device models.</param>
    /// <param name="cacheDirectory">Where answers are kept; null for <c>savevm/emulators</c> in the user's cache directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="QemuStartException">It is not there, or is no emulator.</exception>
    public static async Task<EmulatorFacts> AskAsync(
        string executable, IReadOnlyCollection<string> models, string? cacheDirectory = null, CancellationToken cancellationToken = default)
    {
        string path = Resolve(executable) ?? throw new QemuStartException(
            $"there is no emulator {executable}", null, "install QEMU, or name the emulator in SAVEVM_QEMU");
        string key = Key(path);
        string file = Path.Combine(
            cacheDirectory ?? DefaultCache(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16)) + ".json");
        var known = Remembered(file, key);
        if (known is not null && models.All(known.ModelProperties.ContainsKey))
        {
            return known;
        }

        string[] asked = [.. models.Union(known?.ModelProperties.Keys ?? [])];
        var folders = FirmwareFoldersAsync(path, cancellationToken);
        var (facts, answers) = await StartAndAskAsync(path, asked, cancellationToken).ConfigureAwait(false);
        facts = facts with { FirmwareFolders = await folders.ConfigureAwait(false) };
        answers[FoldersKey] = new JsonArray([.. facts.FirmwareFolders.Select(folder => JsonValue.Create(folder))]);
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
        return FormattableString.Invariant($"2 {path} {identity.Device:x} {identity.Inode} {identity.Bytes} {identity.ModifiedNanoseconds}");
    }

    private static async Task<(EmulatorFacts Facts, JsonObject Answers)> StartAndAskAsync(
        string path, string[] models, CancellationToken cancellationToken)
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
            var answers = await AskAsync(client, models, limit.Token).ConfigureAwait(false);
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

    // "-L help" prints them and ends. A wrapper or an emulator that has no such thing costs a check, nothing else.
    private static async Task<IReadOnlyList<string>> FirmwareFoldersAsync(string path, CancellationToken cancellationToken)
    {
        string log = Path.GetTempFileName();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var process = QemuProcess.Start(new QemuStart { Executable = path, Arguments = ["-L", "help"], LogPath = log });
            try
            {
                return await process.WaitForExitAsync(limit.Token).ConfigureAwait(false) == 0
                    ? [.. (await File.ReadAllLinesAsync(log, limit.Token).ConfigureAwait(false)).Where(Path.IsPathRooted).Take(16)]
                    : [];
            }
            finally
            {
                process.Kill();
            }
        }
        catch (Exception failure) when (failure is QemuStartException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [];
        }
        finally
        {
            File.Delete(log);
        }
    }

    private static async Task<JsonObject> AskAsync(QmpClient client, string[] models, CancellationToken cancellationToken)
    {
        QmpCommand[] questions =
        [
            new("query-version"),
            new("query-machines"),
            new("qom-list-properties", new JsonObject { ["typename"] = "memory-backend-file" }),
            new("qom-list-types", new JsonObject { ["abstract"] = false }),
        ];
        var results = await client.ExecuteBatchAsync(questions, cancellationToken).ConfigureAwait(false);
        var answers = new JsonObject();
        for (int i = 0; i < questions.Length; i++)
        {
            // Of the types nothing but their names is looked at.
            answers[questions[i].Name] = questions[i].Name == "qom-list-types" ? Names(results[i]) : results[i]?.DeepClone();
        }

        // A model that it does not have has no properties.
        var properties = await client.ExecuteEachAsync(
            [.. models.Select(model => new QmpCommand("device-list-properties", new JsonObject { ["typename"] = model }))], cancellationToken).ConfigureAwait(false);
        foreach (var (model, result) in models.Zip(properties))
        {
            answers[PropertiesKey + model] = Names(result.Answer);
        }

        return answers;

        static JsonArray Names(JsonNode? list) => new([.. list.Items().Select(item => item.Text("name")).OfType<string>().Select(name => JsonValue.Create(name))]);
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
            Accelerators = [.. Texts(answers, "qom-list-types")
                .Where(name => name.EndsWith("-accel", StringComparison.Ordinal))
                .Select(name => name[..^"-accel".Length])],
            Models = Texts(answers, "qom-list-types").ToHashSet(StringComparer.Ordinal),
            ModelProperties = (answers as JsonObject ?? []).Where(answer => answer.Key.StartsWith(PropertiesKey, StringComparison.Ordinal)).ToDictionary(
                answer => answer.Key[PropertiesKey.Length..],
                answer => (IReadOnlySet<string>)Texts(answers, answer.Key).ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal),
            FirmwareFolders = [.. Texts(answers, FoldersKey)],
        };
    }

    private static IEnumerable<string> Texts(JsonNode answers, string name) => answers.Member(name).Items().Select(item => item.AsText()).OfType<string>();

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
