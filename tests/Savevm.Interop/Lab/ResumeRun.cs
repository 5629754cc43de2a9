using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>A running <c>savevm resume --json</c> and the guests that it brings back.</summary>
internal sealed class ResumeRun
{
    private readonly Workspace _workspace;

    private ResumeRun(Workspace workspace, LabProcess process)
    {
        _workspace = workspace;
        Process = process;
    }

    public LabProcess Process { get; }

    public static ResumeRun Start(Workspace workspace, string name, params IReadOnlyList<string> more)
    {
        workspace.GuestsMayLeaveFiles = true;
        return new ResumeRun(workspace, SavevmCommand.Start(workspace, ["resume", name, "--json", .. more]));
    }

    /// <summary>Waits until a guest runs and takes it over.</summary>
    /// <param name="monitor">The recorded path of its lab monitor.</param>
    /// <param name="index">Which guest.</param>
    public async Task<LabGuest> GuestAsync(string monitor, int index = 0)
    {
        JsonNode message = await MessageAsync("running", index);
        string place = (string?)message["sockets"]?[monitor] ?? monitor;
        return await LabGuest.AttachAsync(_workspace, (int)message["pid"]!, place);
    }

    /// <summary>Waits for a message about a guest: <c>running</c> or <c>complete</c>.</summary>
    public async Task<JsonNode> MessageAsync(string type, int index = 0)
    {
        await Process.UntilOutputAsync(_ => Find(type, index) is not null);
        return Find(type, index)!;
    }

    /// <summary>Whether a message has come.</summary>
    public bool Has(string type, int index = 0) => Find(type, index) is not null;

    public Task<SavevmResult> ResultAsync(TimeSpan? within = null) => SavevmCommand.ResultAsync(Process, within);

    private JsonNode? Find(string type, int index)
    {
        string text = Process.Output;
        string whole = text[..(text.LastIndexOf('\n') + 1)];
        return whole.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!)
            .FirstOrDefault(message => (string?)message["message_type"] == type && (int?)message["guest"] == index);
    }
}
