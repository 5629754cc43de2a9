using System.Text.Json.Nodes;
using Savevm.Qemu.Disks;
using Savevm.Qemu.Qmp;

namespace Savevm.Qemu.Facts;

/// <summary>Asks a live QEMU everything in one write, and reads the answers leniently: what one release lacks stays empty.</summary>
internal static class QemuFactsReader
{
    private const string MachinePath = "/machine";

    private static readonly QmpCommand[] Questions =
    [
        new("query-status"),
        QomGet(MachinePath, "type"),
        new("query-kvm"),
        new("query-memory-size-summary"),
        new("query-cpus-fast"),
        QomGet(MachinePath, "memory-backend"),
        new("query-memdev"),
        new("query-migrate-capabilities"),
        new("query-migrate-parameters"),
        new("query-commands"),
        new("qom-list-properties", new JsonObject { ["typename"] = "memory-backend-file" }),
        .. BlockGraph.Questions,
        new("query-block-jobs"),
        new("query-migrate"),
        new("query-name"),
        new("query-uuid"),
    ];

    public static async Task<QemuFacts> ReadAsync(QmpClient client, CancellationToken cancellationToken)
    {
        var results = await client.ExecuteEachAsync(Questions, cancellationToken).ConfigureAwait(false);
        var answers = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        for (int i = 0; i < Questions.Length; i++)
        {
            answers[Key(Questions[i])] = results[i].Answer;
        }

        var process = client.PeerProcessId is { } id ? HostProcessFact.Read(id) : null;
        var status = answers["query-status"];
        string? backend = answers["qom-get memory-backend"].AsText();
        return new QemuFacts
        {
            Version = client.Greeting?.Version ?? string.Empty,
            Package = client.Greeting?.Package ?? string.Empty,
            MachineType = MachineName(answers["qom-get type"].AsText()),
            Accelerator = answers["query-kvm"].Flag("enabled") ? "kvm" : "tcg",
            MemoryBytes = answers["query-memory-size-summary"].Number("base-memory"),
            CpuCount = answers["query-cpus-fast"].Items().Count(),
            CpuThreads = [.. answers["query-cpus-fast"].Items().Select(item => item.NumberOrNull("thread-id")).OfType<long>().Select(id => (int)id)],
            MainRamId = string.IsNullOrEmpty(backend) ? null : await RamIdAsync(client, backend, cancellationToken).ConfigureAwait(false),
            MainRamBackend = string.IsNullOrEmpty(backend) ? null : backend[(backend.LastIndexOf('/') + 1)..],
            Parts = await MachinePartsReader.ReadAsync(client, process, answers["query-cpus-fast"], cancellationToken).ConfigureAwait(false),
            MemoryBackends = [.. answers["query-memdev"].Items().Select(item =>
                new MemoryBackendFact(item.Text("id") ?? string.Empty, item.Number("size"), item.Flag("share")))],
            RunState = status.Text("status") ?? "unknown",
            IsRunning = status.Flag("running"),
            Capabilities = Capabilities(answers["query-migrate-capabilities"]),
            Parameters = Parameters(answers["query-migrate-parameters"]),
            Commands = Names(answers["query-commands"]),
            FileBackendProperties = Names(answers["qom-list-properties"]),
            Disks = BlockGraph.Parse([.. BlockGraph.Questions.Select(question => answers[question.Name])], process?.WorkingDirectory),
            BlockJobs = [.. answers["query-block-jobs"].Items().Select(item => $"{item.Text("device")} ({item.Text("type")})")],
            MigrationBlockers = [.. answers["query-migrate"].Member("blocked-reasons").Items().Select(item => item.AsText()).OfType<string>()],
            Name = answers["query-name"].Text("name"),
            Uuid = answers["query-uuid"].Text("UUID") is { } uuid && uuid.Any(c => c is not ('0' or '-')) ? uuid : null,
            Process = process,
        };
    }

    public static Dictionary<string, bool> Capabilities(JsonNode? answer)
    {
        var capabilities = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var item in answer.Items())
        {
            if (item.Text("capability") is { } name)
            {
                capabilities[name] = item.Flag("state");
            }
        }

        return capabilities;
    }

    /// <summary>The machine type from the name of its class, which ends in <c>-machine</c>.</summary>
    public static string MachineName(string? typeName)
    {
        const string Suffix = "-machine";
        return typeName is null ? string.Empty
            : typeName.EndsWith(Suffix, StringComparison.Ordinal) ? typeName[..^Suffix.Length]
            : typeName;
    }

    private static QmpCommand QomGet(string path, string property) =>
        new("qom-get", new JsonObject { ["path"] = path, ["property"] = property });

    private static string Key(QmpCommand command) =>
        command.Name == "qom-get" ? $"qom-get {command.Arguments.Text("property")}" : command.Name;

    // The RAM block is named by the backend's id, or by its whole path with machine types up to 4.0.
    private static async Task<string?> RamIdAsync(QmpClient client, string backend, CancellationToken cancellationToken)
    {
        string path = backend.StartsWith('/') ? backend : "/objects/" + backend;
        var question = QomGet(path, "x-use-canonical-path-for-ramblock-id");
        var result = (await client.ExecuteEachAsync([question], cancellationToken).ConfigureAwait(false))[0];
        bool canonical = result.Answer is JsonValue value && value.TryGetValue(out bool flag) && flag;
        return canonical ? path : path[(path.LastIndexOf('/') + 1)..];
    }

    private static Dictionary<string, string> Parameters(JsonNode? answer)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in answer as JsonObject ?? [])
        {
            parameters[name] = value?.ToJsonString() ?? "null";
        }

        return parameters;
    }

    private static string[] Names(JsonNode? answer) =>
        [.. answer.Items().Select(item => item.Text("name")).OfType<string>().Order(StringComparer.Ordinal)];
}
