using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Savevm.Linux;
using Savevm.Linux.Sockets;

namespace Savevm.Qemu.Qmp;

/// <summary>
/// One connection to a QMP monitor: numbered commands, their answers, and events. Safe to use from several threads; answers are
/// matched by id, so commands may be under way at the same time. When the connection breaks, every call that waits fails with the
/// same <see cref="QmpConnectionException"/>, and so does every later one.
/// </summary>
/// <remarks>
/// QEMU serves one client per monitor. It says a greeting, we answer with <c>qmp_capabilities</c>, then:
/// <code>
/// us   {"execute": "query-status", "id": 1}\n            in band: in order, by QEMU's main loop
/// us   {"exec-oob": "migrate-pause", "id": 2}\n          out of band: at once, by the monitor's own thread
/// QEMU {"return": {…}, "id": 1}\r\n  or  {"error": {"class": …, "desc": …}, "id": 1}\r\n
/// QEMU {"event": "RESUME", "timestamp": {…}, "data": {…}}\r\n      at any moment
/// </code>
/// </remarks>
public sealed partial class QmpClient : IAsyncDisposable
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Socket _socket;
    private readonly QmpOptions _options;
    private readonly string _name;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Dictionary<long, PendingCommand> _pending = [];
    private readonly QmpEventLog _events = new();
    private readonly TaskCompletionSource<QmpGreeting> _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QmpConnectionException? _failure;
    private long _nextId;
    private bool _negotiationDue;
    private volatile bool _isInStep;

    private QmpClient(Socket socket, string name, QmpOptions options)
    {
        _socket = socket;
        _name = name;
        _options = options;
        _negotiationDue = options.NegotiateWithFirstCommand;
        _isInStep = !options.IsTakenOver;
        // Far from the numbers of whoever had the connection before: an answer to one of those is none to ours.
        _nextId = options.IsTakenOver ? Environment.TickCount64 << 20 : 0;
    }

    private sealed record PendingCommand(string Name, TaskCompletionSource<JsonNode?> Answer);

    /// <summary>What the monitor said when it opened; null while a greeting is still on its way.</summary>
    public QmpGreeting? Greeting => _greeting.Task.IsCompletedSuccessfully ? _greeting.Task.Result : null;

    /// <summary>The socket's path, or what else a person would call it.</summary>
    public string Name => _name;

    /// <summary>Ends when the connection has ended, for whatever reason; never fails.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Executes a command in band and returns its answer.</summary>
    /// <param name="name">QEMU's name of the command.</param>
    /// <param name="arguments">Its arguments, or null. Stays the caller's.</param>
    /// <param name="cancellationToken">Ends the wait; the command itself cannot be taken back.</param>
    /// <exception cref="QmpException">QEMU refused the command.</exception>
    /// <exception cref="QmpConnectionException">The monitor closed, or did not answer in time.</exception>
    public async Task<JsonNode?> ExecuteAsync(string name, JsonObject? arguments = null, CancellationToken cancellationToken = default)
    {
        var answers = await SendAsync([new QmpCommand(name, arguments)], "execute", cancellationToken).ConfigureAwait(false);
        return await AnswerAsync(answers[0], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Executes a command out of band: QEMU's main loop may be blocked meanwhile.</summary>
    /// <inheritdoc cref="ExecuteAsync"/>
    public async Task<JsonNode?> ExecuteOobAsync(string name, JsonObject? arguments = null, CancellationToken cancellationToken = default)
    {
        var answers = await SendAsync([new QmpCommand(name, arguments)], "exec-oob", cancellationToken).ConfigureAwait(false);
        return await AnswerAsync(answers[0], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Executes several commands that travel in one write. QEMU executes each of them, also when an earlier one fails; all answers
    /// are awaited and then the first error is thrown.
    /// </summary>
    /// <returns>The answers, in order.</returns>
    /// <exception cref="QmpException">QEMU refused one of them.</exception>
    /// <exception cref="QmpConnectionException">The monitor closed, or did not answer in time.</exception>
    public async Task<IReadOnlyList<JsonNode?>> ExecuteBatchAsync(IReadOnlyList<QmpCommand> commands, CancellationToken cancellationToken = default)
    {
        var results = await ExecuteEachAsync(commands, cancellationToken).ConfigureAwait(false);
        return results.FirstOrDefault(result => result.Refusal is not null).Refusal is { } first ? throw first : [.. results.Select(result => result.Answer)];
    }

    /// <summary>Like <see cref="ExecuteBatchAsync"/>, but a command that is refused only has no answer.</summary>
    internal async Task<(JsonNode? Answer, QmpException? Refusal)[]> ExecuteEachAsync(
        IReadOnlyList<QmpCommand> commands, CancellationToken cancellationToken)
    {
        var sent = await SendAsync(commands, "execute", cancellationToken).ConfigureAwait(false);
        var results = new (JsonNode?, QmpException?)[sent.Length];
        for (int i = 0; i < sent.Length; i++)
        {
            try
            {
                results[i] = (await AnswerAsync(sent[i], cancellationToken).ConfigureAwait(false), null);
            }
            catch (QmpException refusal)
            {
                results[i] = (null, refusal);
            }
        }

        return results;
    }

    /// <summary>
    /// Gives QEMU a descriptor under a name (<c>getfd</c>); <c>fd:NAME</c> then means it. QEMU has a copy: the caller's may be closed.
    /// </summary>
    /// <param name="descriptor">An open descriptor; stays the caller's.</param>
    /// <param name="name">The name; one that QEMU knows already is replaced.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="QmpException">QEMU refused it.</exception>
    /// <exception cref="QmpConnectionException">The monitor closed, or is no unix socket.</exception>
    public async Task SendDescriptorAsync(SafeHandle descriptor, string name, CancellationToken cancellationToken = default)
    {
        var command = new QmpCommand("getfd", new JsonObject { ["fdname"] = name });
        var answers = await SendAsync([command], "execute", cancellationToken, descriptor).ConfigureAwait(false);
        await AnswerAsync(answers[0], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Out-of-band commands reach it while QEMU's main loop is blocked; false also while its greeting is still on its way.</summary>
    public bool HasOob => _options.IsTakenOver || (_options.EnableOob && Greeting is { OffersOob: true });

    /// <summary>The process at the other end; null where it cannot be told.</summary>
    public int? PeerProcessId
    {
        get
        {
            try
            {
                int id = PeerCredentials.Read(_socket.SafeHandle, _name).ProcessId;
                return id == 0 ? null : id;
            }
            catch (LinuxException)
            {
                return null;
            }
        }
    }

    /// <summary>The connection itself; for a child that is to speak when we cannot any more.</summary>
    internal SafeHandle Handle => _socket.SafeHandle;

    internal void ForgetEvents() => _events.Forget();

    /// <summary>Waits for an event; one that came earlier and was taken by no other wait counts.</summary>
    /// <exception cref="QmpConnectionException">The monitor closed.</exception>
    public Task<QmpEvent> WaitForEventAsync(Func<QmpEvent, bool> predicate, CancellationToken cancellationToken = default) =>
        _events.WaitAsync(predicate, cancellationToken);

    /// <summary>All events from the first that is still remembered; independent of <see cref="WaitForEventAsync"/>. Ends by an exception.</summary>
    /// <exception cref="QmpConnectionException">The monitor closed.</exception>
    public IAsyncEnumerable<QmpEvent> ReadEventsAsync(CancellationToken cancellationToken = default) => _events.ReadAsync(cancellationToken);

    /// <summary>Closes the connection; calls under way fail.</summary>
    public ValueTask DisposeAsync()
    {
        Fail(new QmpConnectionException(QmpFailure.Disposed, $"the connection to the monitor {_name} was closed by us"));
        return ValueTask.CompletedTask;
    }

    /// <summary>The same failure with a stack of its own, for one more caller.</summary>
    internal static Exception Again(Exception failure) => failure is QmpConnectionException original
        ? new QmpConnectionException(original.Failure, original.Message, original.Hint, original)
        : failure;

    private async Task<JsonNode?> AnswerAsync((long Id, PendingCommand Command) sent, CancellationToken cancellationToken)
    {
        try
        {
            var answer = sent.Command.Answer.Task;
            return _options.CommandTimeout is { } limit
                ? await answer.WaitAsync(limit, cancellationToken).ConfigureAwait(false)
                : await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new QmpConnectionException(
                QmpFailure.Unanswered,
                FormattableString.Invariant($"the monitor {_name} did not answer {sent.Command.Name} within {_options.CommandTimeout!.Value.TotalSeconds:0.#} s"),
                "QEMU may be stopped (SIGSTOP), in a debugger, or waiting for its storage");
        }
        catch (QmpConnectionException failure)
        {
            throw Again(failure);
        }
        finally
        {
            lock (_gate)
            {
                _pending.Remove(sent.Id);
            }
        }
    }

    private async Task<(long Id, PendingCommand Command)[]> SendAsync(
        IReadOnlyList<QmpCommand> commands, string verb, CancellationToken cancellationToken, SafeHandle? descriptor = null)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var sent = Register(commands, verb, out var bytes);
            if (descriptor is null)
            {
                await WriteAsync(bytes).ConfigureAwait(false);
            }
            else
            {
                WriteWith(descriptor, bytes.Span);
            }

            return sent;
        }
        finally
        {
            _writing.Release();
        }
    }

    // Called by the one who holds the right to write.
    private (long Id, PendingCommand Command)[] Register(IReadOnlyList<QmpCommand> commands, string verb, out ReadOnlyMemory<byte> bytes)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        var sent = new (long, PendingCommand)[commands.Count];
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw Again(_failure);
            }

            if (_negotiationDue)
            {
                _negotiationDue = false;
                var negotiation = Register(Negotiation(_options.EnableOob), "execute", buffer);
                _ = FailUnlessNegotiatedAsync(negotiation.Command.Answer.Task);
            }

            for (int i = 0; i < commands.Count; i++)
            {
                sent[i] = Register(commands[i], verb, buffer);
            }
        }

        bytes = buffer.WrittenMemory;
        return sent;
    }

    private (long Id, PendingCommand Command) Register(QmpCommand command, string verb, ArrayBufferWriter<byte> buffer)
    {
        long id = ++_nextId;
        var pending = new PendingCommand(command.Name, new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously));
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString(verb, command.Name);
            if (command.Arguments is not null)
            {
                writer.WritePropertyName("arguments");
                command.Arguments.WriteTo(writer);
            }

            writer.WriteNumber("id", id);
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        _pending.Add(id, pending);
        return (id, pending);
    }

    // Never cancelled in the middle: half a command would make the next one garbage.
    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = _options.CommandTimeout is { } time ? new CancellationTokenSource(time) : new CancellationTokenSource();
        try
        {
            while (!bytes.IsEmpty)
            {
                int count = await _socket.SendAsync(bytes, SocketFlags.None, limit.Token).ConfigureAwait(false);
                bytes = bytes[count..];
            }
        }
        catch (OperationCanceledException)
        {
            throw Again(Fail(new QmpConnectionException(
                QmpFailure.Unanswered, $"the monitor {_name} takes no more commands", "QEMU may be stopped (SIGSTOP) or in a debugger")));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            throw Again(Fail(Lost(broken)));
        }
    }

    private void WriteWith(SafeHandle descriptor, ReadOnlySpan<byte> bytes)
    {
        try
        {
            DescriptorPassing.Send(_socket.SafeHandle, bytes, [descriptor], _name);
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException)
        {
            throw Again(Fail(Lost(broken)));
        }
    }

    private QmpConnectionException Lost(Exception? cause) => new(
        QmpFailure.Closed, $"the monitor {_name} closed the connection", "QEMU has ended, or its monitor was removed", cause);

    /// <summary>Ends everything with the first failure that was given; returns that one.</summary>
    private QmpConnectionException Fail(QmpConnectionException failure)
    {
        PendingCommand[] pending;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return _failure;
            }

            _failure = failure;
            pending = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (var command in pending)
        {
            command.Answer.TrySetException(failure);
            _ = command.Answer.Task.Exception;
        }

        _greeting.TrySetException(failure);
        _ = _greeting.Task.Exception;
        _events.End(failure);
        _socket.Dispose();
        _closed.TrySetResult();
        return failure;
    }
}
