using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Savevm.Qemu.Tests.Qmp;

/// <summary>
/// A scripted QMP monitor. Commands are answered by the handlers of their names, <c>{}</c> where there is none; what was received is kept,
/// the writes it came in included.
/// </summary>
internal sealed class FakeMonitor : IAsyncDisposable
{
    public const string Greeting =
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}""";

    private readonly Socket _listener;
    private readonly TemporaryFolder _folder = new();
    private readonly Channel<JsonObject> _received = Channel.CreateUnbounded<JsonObject>();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Socket> _client = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeMonitor(string? greeting = Greeting)
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen(1);
        _ = ServeAsync(greeting);
    }

    public string Path => _folder["qmp"];

    /// <summary>Answers by command name: a JSON text for <c>return</c>, <c>!text</c> for an error, null for silence.</summary>
    public Dictionary<string, Func<JsonObject, string?>> Handlers { get; } = new(StringComparer.Ordinal);

    public List<string> Names { get; } = [];

    public List<JsonObject> Commands { get; } = [];

    public List<int> WriteSizes { get; } = [];

    public ValueTask<JsonObject> NextAsync() => _received.Reader.ReadAsync();

    /// <summary>Ends when nobody holds the connection any more.</summary>
    public Task ClientGone => _gone.Task;

    public async Task SendAsync(string text)
    {
        var client = await _client.Task;
        await client.SendAsync(Encoding.UTF8.GetBytes(text), SocketFlags.None);
    }

    public Task SendLineAsync(string json) => SendAsync(json + "\r\n");

    public Task EventAsync(string name, string data = "{}") =>
        SendLineAsync($$$"""{"event": "{{{name}}}", "data": {{{data}}}, "timestamp": {"seconds": 1700000000, "microseconds": 250000}}""");

    public async Task CloseClientAsync() => (await _client.Task).Close();

    public async ValueTask DisposeAsync()
    {
        if (_client.Task.IsCompletedSuccessfully)
        {
            (await _client.Task).Dispose();
        }

        _listener.Dispose();
        _folder.Dispose();
    }

    private async Task ServeAsync(string? greeting)
    {
        try
        {
            var client = await _listener.AcceptAsync();
            _client.SetResult(client);
            if (greeting is not null)
            {
                await SendLineAsync(greeting);
            }

            var buffer = new byte[1 << 16];
            var pending = string.Empty;
            while (await client.ReceiveAsync(buffer, SocketFlags.None) is int count and > 0)
            {
                WriteSizes.Add(count);
                pending += Encoding.UTF8.GetString(buffer, 0, count);
                while (pending.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var end)
                {
                    await AnswerAsync(JsonNode.Parse(pending[..end])!.AsObject());
                    pending = pending[(end + 1)..];
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over, or closed the client.
        }

        _gone.TrySetResult();
    }

    private async Task AnswerAsync(JsonObject command)
    {
        string name = (string)(command["execute"] ?? command["exec-oob"])!;
        Names.Add(name);
        Commands.Add(command);
        _received.Writer.TryWrite(command);
        string? answer = Handlers.TryGetValue(name, out var handler) ? handler(command) : "{}";
        if (answer is not null)
        {
            await SendLineAsync(answer.StartsWith('!')
                ? $$"""{"error": {"class": "GenericError", "desc": "{{answer[1..]}}"}, "id": {{command["id"]!.ToJsonString()}}}"""
                : $$"""{"return": {{answer}}, "id": {{command["id"]!.ToJsonString()}}}""");
        }
    }
}
