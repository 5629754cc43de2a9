using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Savevm.Qemu.Qmp;

/// <summary>The reading half: lines, and whom they belong to.</summary>
public sealed partial class QmpClient
{
    private async Task ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        int filled = 0;
        try
        {
            while (true)
            {
                if (filled == buffer.Length)
                {
                    if (filled >= _options.MaxMessageBytes)
                    {
                        throw Garbage($"a message is longer than {_options.MaxMessageBytes} bytes", buffer);
                    }

                    Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, _options.MaxMessageBytes));
                }

                int count = await _socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None).ConfigureAwait(false);
                if (count == 0)
                {
                    throw Lost(null);
                }

                filled = TakeLines(buffer, filled, filled + count);
            }
        }
        catch (QmpConnectionException failure)
        {
            Fail(failure);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            Fail(Lost(broken));
        }
        catch (Exception unexpected)
        {
            Fail(new QmpConnectionException(QmpFailure.Garbage, $"reading the monitor {_name} failed: {unexpected.Message}", null, unexpected));
        }
    }

    /// <summary>Takes every whole line; the rest moves to the front. Returns its length.</summary>
    private int TakeLines(byte[] buffer, int searchFrom, int end)
    {
        int start = 0;
        while (true)
        {
            int length = buffer.AsSpan(searchFrom, end - searchFrom).IndexOf((byte)'\n');
            if (length < 0)
            {
                break;
            }

            int lineEnd = searchFrom + length;
            TakeLine(buffer.AsSpan(start, lineEnd - start).Trim(" \r\t"u8));
            start = searchFrom = lineEnd + 1;
        }

        buffer.AsSpan(start, end - start).CopyTo(buffer);
        return end - start;
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
        {
            return;
        }

        if (!CheckedJson.TryParse(line, out var message, out string? defect))
        {
            if (!_isInStep)
            {
                return;
            }

            throw Garbage($"it sent something that is not QMP ({defect})", line);
        }

        Dispatch(message, line);
    }

    private void Dispatch(JsonObject message, ReadOnlySpan<byte> line)
    {
        if (message.Text("event") is { } name)
        {
            var time = message["timestamp"];
            long seconds = Math.Clamp(time.Number("seconds"), 0, 253402300799);
            long microseconds = Math.Clamp(time.Number("microseconds"), 0, 999_999);
            _events.Add(new QmpEvent(name, message["data"] as JsonObject, DateTimeOffset.FromUnixTimeSeconds(seconds).AddMicroseconds(microseconds)));
        }
        else if (message.ContainsKey("return") || message.ContainsKey("error"))
        {
            Answer(message, line);
        }
        else if (QmpGreeting.Parse(message) is { } greeting)
        {
            _greeting.TrySetResult(greeting);
        }
        else
        {
            throw Garbage("it sent a message of no known kind", line);
        }
    }

    private void Answer(JsonObject message, ReadOnlySpan<byte> line)
    {
        var error = message["error"];
        if (message.Text("id") is not null)
        {
            // Of a guard that took over while we were slow.
            return;
        }

        if (message.NumberOrNull("id") is not { } id)
        {
            throw Garbage($"it answered no command of ours: {error.Text("desc") ?? "no id"}", line);
        }

        PendingCommand? command;
        lock (_gate)
        {
            _pending.Remove(id, out command);
        }

        // No command: its caller has given up. A late answer is no error.
        if (command is null)
        {
            return;
        }

        _isInStep = true;
        if (error is null)
        {
            command.Answer.TrySetResult(message["return"]);
            return;
        }

        command.Answer.TrySetException(
            new QmpException(error.Text("class") ?? "GenericError", error.Text("desc") ?? "no description", command.Name));
        _ = command.Answer.Task.Exception;
    }

    private QmpConnectionException Garbage(string what, ReadOnlySpan<byte> bytes)
    {
        string seen = Printable(bytes[..Math.Min(bytes.Length, 80)]);
        string? hint = seen.StartsWith("QEMU ", StringComparison.Ordinal) || seen.StartsWith("(qemu)", StringComparison.Ordinal)
            ? "this is a human monitor; give the socket of a -qmp option"
            : null;
        return new QmpConnectionException(QmpFailure.Garbage, $"the monitor {_name} cannot be understood: {what}; it begins: {seen}", hint);
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte b in bytes)
        {
            text.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
        }

        return text.ToString();
    }
}
