using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Savevm.Interop.Lab;

/// <summary>A QMP client of the tests' own, so that they never see QEMU through the code under test.</summary>
internal sealed class QmpClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> _pending = new();
    private readonly ConcurrentQueue<JsonObject> _events = new();
    private Task _reading = Task.CompletedTask;
    private int _lastId;

    private QmpClient(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    /// <summary>Every event so far.</summary>
    public IReadOnlyList<JsonObject> Events => [.. _events];

    /// <summary>Connects as soon as the socket is there.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="alive">False when there is nothing to wait for any more.</param>
    /// <param name="outOfBand">Commands can be given past those that wait.</param>
    public static async Task<QmpClient> ConnectAsync(string path, Func<bool>? alive = null, bool outOfBand = false)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token);
                var client = new QmpClient(socket);
                await client._reader.ReadLineAsync(deadline.Token);
                client._reading = Task.Run(client.ReadAsync);
                await client.ExecuteAsync("qmp_capabilities", outOfBand ? new JsonObject { ["enable"] = new JsonArray("oob") } : null);
                return client;
            }
            catch (SocketException) when (alive?.Invoke() != false)
            {
                socket.Dispose();
                await Task.Delay(10, deadline.Token);
            }
        }
    }

    public async Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments = null, bool outOfBand = false)
    {
        int id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        var message = new JsonObject { [outOfBand ? "exec-oob" : "execute"] = command, ["id"] = id };
        if (arguments is not null)
        {
            message["arguments"] = arguments;
        }

        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"));
        return await answer.Task.WaitAsync(Patience);
    }

    /// <summary>The state of the virtual machine, as <c>query-status</c> spells it.</summary>
    public async Task<string> StatusAsync() => (string)(await ExecuteAsync("query-status"))!["status"]!;

    /// <summary>Polls <c>query-migrate</c> until the status is one of these; fails on <c>failed</c> unless that is one.</summary>
    public async Task<string> MigrationStatusAsync(params string[] wanted)
    {
        for (DateTime end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; await Task.Delay(5))
        {
            JsonNode? report = await ExecuteAsync("query-migrate");
            string status = (string?)report?["status"] ?? "none";
            if (wanted.Contains(status))
            {
                return status;
            }

            Assert.False(status == "failed", $"the migration failed: {report?["error-desc"]}");
        }

        throw new TimeoutException($"the migration did not come to {string.Join(" or ", wanted)}");
    }

    public Task SetCapabilityAsync(string name, bool state = true) => ExecuteAsync(
        "migrate-set-capabilities",
        new JsonObject { ["capabilities"] = new JsonArray(new JsonObject { ["capability"] = name, ["state"] = state }) });

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _reader.Dispose();
    }

    private async Task ReadAsync()
    {
        Exception closed = new IOException("the monitor closed");
        try
        {
            while (await _reader.ReadLineAsync() is { } line)
            {
                Dispatch(JsonNode.Parse(line)!.AsObject());
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            closed = exception;
        }

        foreach (int id in _pending.Keys)
        {
            if (_pending.TryRemove(id, out TaskCompletionSource<JsonNode?>? answer))
            {
                answer.TrySetException(closed);
            }
        }
    }

    private void Dispatch(JsonObject message)
    {
        if (message.ContainsKey("event"))
        {
            _events.Enqueue(message);
        }
        else if (message["id"] is { } id && _pending.TryRemove((int)id, out TaskCompletionSource<JsonNode?>? answer))
        {
            if (message["error"] is { } error)
            {
                answer.TrySetException(new QmpError((string)error["desc"]!));
            }
            else
            {
                answer.TrySetResult(message["return"]?.DeepClone());
            }
        }
    }
}
