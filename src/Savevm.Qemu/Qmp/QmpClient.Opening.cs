using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Savevm.Qemu.Qmp;

/// <summary>How a connection comes to be.</summary>
public sealed partial class QmpClient
{
    // sun_path has 108 bytes and ends with a zero.
    private const int MaxPathBytes = 107;

    /// <summary>Connects to the monitor on a unix socket and negotiates.</summary>
    /// <param name="unixPath">The path of the socket.</param>
    /// <param name="options">How to talk to it; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="MonitorBusyException">The monitor greets nobody because it serves another client.</exception>
    /// <exception cref="QmpConnectionException">There is no monitor, or it is none.</exception>
    public static async Task<QmpClient> ConnectAsync(
        string unixPath, QmpOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new QmpOptions();
        if (Encoding.UTF8.GetByteCount(unixPath) > MaxPathBytes)
        {
            throw new QmpConnectionException(
                QmpFailure.Unreachable,
                $"the path {unixPath} is longer than the {MaxPathBytes} bytes that a socket's name may have",
                "go into its directory and give the path relative to it");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await ConnectSocketAsync(socket, unixPath, options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return await OpenAsync(new QmpClient(socket, unixPath, options), unixPath, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes over a connected socket and negotiates, now or with the first command (see the options).</summary>
    /// <param name="socket">A connected stream socket; owned by the client from now on, also when this fails.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="options">How to talk to it; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the negotiation.</param>
    /// <exception cref="QmpConnectionException">There is no monitor behind it.</exception>
    public static Task<QmpClient> FromSocketAsync(
        Socket socket, string name, QmpOptions? options = null, CancellationToken cancellationToken = default) =>
        OpenAsync(new QmpClient(socket, name, options ?? new QmpOptions()), null, cancellationToken);

    /// <summary>Takes over the descriptor of a connected socket.</summary>
    /// <inheritdoc cref="FromSocketAsync(Socket, string, QmpOptions?, CancellationToken)"/>
    public static Task<QmpClient> FromSocketAsync(
        SafeSocketHandle socket, string name, QmpOptions? options = null, CancellationToken cancellationToken = default) =>
        FromSocketAsync(new Socket(socket), name, options, cancellationToken);

    private static async Task ConnectSocketAsync(Socket socket, string path, QmpOptions options, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Greeting);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Busy(path, options);
        }
        catch (SocketException full) when (full.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
        {
            throw Busy(path, options);
        }
        catch (SocketException failed)
        {
            var (why, hint) = Explain(path, failed);
            throw new QmpConnectionException(QmpFailure.Unreachable, $"cannot connect to the monitor {path}: {why}", hint, failed);
        }
    }

    private static (string Why, string? Hint) Explain(string path, SocketException failed)
    {
        if (!File.Exists(path))
        {
            return ("there is no such socket", "give the path that follows -qmp unix: on QEMU's command line");
        }

        return failed.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => ("nobody listens on it", "that QEMU has ended; the socket file is a leftover"),
            SocketError.AccessDenied => ("permission denied", "run savevm as the user who runs QEMU"),
            SocketError.ProtocolType => ("it is not a stream socket", null),
            _ => (failed.Message, null),
        };
    }

    private static MonitorBusyException Busy(string path, QmpOptions options) => MonitorBusyException.Of(path, options.Greeting);

    private static async Task<QmpClient> OpenAsync(QmpClient client, string? path, CancellationToken cancellationToken)
    {
        _ = Task.Run(client.ReadAsync, CancellationToken.None);
        if (client._options.NegotiateWithFirstCommand || client._options.IsTakenOver)
        {
            return client;
        }

        try
        {
            await client.NegotiateAsync(path, cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static QmpCommand Negotiation(bool oob) => oob
        ? new QmpCommand("qmp_capabilities", new JsonObject { ["enable"] = new JsonArray("oob") })
        : new QmpCommand("qmp_capabilities");

    private async Task NegotiateAsync(string? path, CancellationToken cancellationToken)
    {
        QmpGreeting greeting;
        try
        {
            greeting = await _greeting.Task.WaitAsync(_options.Greeting, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw MonitorBusyException.Of(path ?? _name, _options.Greeting);
        }

        var command = Negotiation(_options.EnableOob && greeting.OffersOob);
        await ExecuteAsync(command.Name, command.Arguments, cancellationToken).ConfigureAwait(false);
    }

    private async Task FailUnlessNegotiatedAsync(Task<JsonNode?> answer)
    {
        try
        {
            await answer.ConfigureAwait(false);
        }
        catch (QmpException refused)
        {
            Fail(new QmpConnectionException(QmpFailure.Garbage, $"the monitor {_name} refused to negotiate: {refused.Description}", null, refused));
        }
        catch (QmpConnectionException)
        {
            // The connection broke; whoever waits for an answer is told so.
        }
    }
}
