using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Savevm.Benchmarks.Processes;

namespace Savevm.Benchmarks.Qemu;

/// <summary>A monitor as the benchmark sees it, apart from the code that is measured. Used by one thread.</summary>
internal sealed class QmpConnection : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly NetworkStream _stream;
    private readonly LineLog _lines;
    private int _lastId;

    /// <summary>Takes a connected socket; capabilities are asked for at once, since QEMU reports no event before.</summary>
    public QmpConnection(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _lines = new LineLog(_stream, "monitor");
        Send("qmp_capabilities");
    }

    /// <summary>How many lines have come; events from here on are searched from this number.</summary>
    public int Position => _lines.Count;

    /// <summary>Sends a command without waiting for its answer.</summary>
    /// <returns>Its id.</returns>
    public int Send(string command, JsonObject? arguments = null)
    {
        var message = new JsonObject { ["execute"] = command, ["id"] = ++_lastId };
        if (arguments is not null)
        {
            message["arguments"] = arguments;
        }

        _stream.Write(Encoding.UTF8.GetBytes(message.ToJsonString() + "\n"));
        return _lastId;
    }

    /// <summary>Waits for the answer to a command.</summary>
    /// <returns>What came back, and the line for its time.</returns>
    public (JsonNode? Value, TimedLine Line) Answer(int id)
    {
        string mark = string.Create(CultureInfo.InvariantCulture, $"\"id\": {id}");
        TimedLine line = _lines.Find(
            0,
            line => line.Text.Contains(mark, StringComparison.Ordinal) && (int?)Parse(line)["id"] == id ? line : null,
            Patience) ?? throw new IOException($"the monitor closed: {_lines.LastLines(2)}");
        JsonObject message = Parse(line);
        return message["error"] is { } error
            ? throw new InvalidOperationException($"QEMU: {error["desc"]}")
            : (message["return"]?.DeepClone(), line);
    }

    public JsonNode? Execute(string command, JsonObject? arguments = null) => Answer(Send(command, arguments)).Value;

    /// <summary>Waits for an event, also one that has come already.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="from">The number of lines to skip.</param>
    /// <param name="status">The status in it, for MIGRATION; null for any.</param>
    public QmpEvent Event(string name, int from = 0, string? status = null) =>
        _lines.Find(from, line => Match(line, name, status), Patience)
        ?? throw new IOException($"the monitor closed before {name} {status}: {_lines.LastLines(2)}");

    /// <summary>An event that has come, or null.</summary>
    public QmpEvent? EventSoFar(string name, string? status = null) =>
        _lines.Lines.Select(line => Match(line, name, status)).FirstOrDefault(found => found is not null);

    /// <summary>Polls <c>query-migrate</c> until the migration has completed.</summary>
    public void UntilMigrated()
    {
        for (DateTime end = DateTime.UtcNow + Patience; DateTime.UtcNow < end; Thread.Sleep(2))
        {
            JsonNode? report = Execute("query-migrate");
            switch ((string?)report?["status"])
            {
                case "completed":
                    return;
                case "failed":
                    throw new InvalidOperationException($"the migration failed: {report["error-desc"]}");
            }
        }

        throw new TimeoutException("the migration did not complete");
    }

    /// <summary>Stops the guest, also one that a migration has stopped: newer QEMUs do not migrate that one a second time.</summary>
    public void StopAgain()
    {
        Execute("cont");
        Execute("stop");
    }

    public int SendCapabilities(params string[] names) => Send("migrate-set-capabilities", Capabilities(names, true));

    public void SetCapabilities(bool state, params string[] names) => Execute("migrate-set-capabilities", Capabilities(names, state));

    public void Dispose() => _stream.Dispose();

    private static JsonObject Capabilities(string[] names, bool state) => new()
    {
        ["capabilities"] = new JsonArray([.. names.Select(name => new JsonObject { ["capability"] = name, ["state"] = state })]),
    };

    private static JsonObject Parse(TimedLine line) => JsonNode.Parse(line.Text)!.AsObject();

    private static QmpEvent? Match(TimedLine line, string name, string? status)
    {
        if (!line.Text.Contains($"\"event\": \"{name}\"", StringComparison.Ordinal))
        {
            return null;
        }

        JsonObject message = Parse(line);
        if (status is not null && (string?)message["data"]?["status"] != status)
        {
            return null;
        }

        JsonNode time = message["timestamp"]!;
        DateTime utc = DateTime.UnixEpoch.AddSeconds((long)time["seconds"]!).AddMicroseconds((long)time["microseconds"]!);
        return new QmpEvent(utc, line.Timestamp);
    }
}
