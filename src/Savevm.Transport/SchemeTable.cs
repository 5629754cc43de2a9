using System.Buffers;
using System.Globalization;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Sockets;
using Savevm.Transport.Channels;
using Savevm.Transport.Listeners;
using LinuxFile = Savevm.Linux.Files.LinuxFile;

namespace Savevm.Transport;

/// <summary>Every kind of address.</summary>
public static class SchemeTable
{
    private static readonly SearchValues<char> NotInHosts = SearchValues.Create(":[], \0");

    private static readonly ChannelScheme[] Rows =
    [
        new("unix", "unix:PATH", ParseText, ConnectUnix, address => SocketListener.OnUnix(address.Target)),
        new("tcp", "tcp:HOST:PORT", ParseHost, ConnectTcp, address => SocketListener.OnTcp(address.Target, (int)address.Number)),
        new("fd", "fd:N", ParseDescriptor, (address, _) => OpenDescriptor(address, FileAccess.Write), Once(OpenDescriptor)),
        new("exec", "exec:COMMAND", ParseText, (address, _) => StartCommand(address, FileAccess.Write), Once(StartCommand)),
        new("file", "file:PATH[,offset=N]", ParseFile, (address, _) => OpenFile(address, FileAccess.Write), Once(OpenFile)),
        new("-", "-", _ => ("", 0), (address, _) => OpenStandard(address, FileAccess.Write), Once(OpenStandard), StandsAlone: true),
    ];

    /// <summary>The forms an address can have, for messages and help.</summary>
    public static string Syntax { get; } = string.Join(", ", Rows.Select(row => row.Syntax));

    internal static ChannelScheme? Find(string name) => Array.Find(Rows, row => row.Name == name);

    private static Func<ChannelAddress, IChannelListener> Once(Func<ChannelAddress, FileAccess, IByteChannel> open) =>
        address => new SingleChannelListener(address.Text, () => open(address, FileAccess.Read));

    private static (string, long)? ParseText(string text) => text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal) ? (text, 0) : null;

    private static (string, long)? ParseHost(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        var host = text[..colon];
        // An IPv6 address has colons of its own, so it stands in brackets.
        if (host is ['[', .. var inner, ']']) return System.Net.IPAddress.TryParse(inner, out _) ? (inner, port) : null;
        return host.AsSpan().ContainsAny(NotInHosts) ? null : (host, port);
    }

    private static (string, long)? ParseDescriptor(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? ("", number) : null;

    private static (string, long)? ParseFile(string text)
    {
        const string Option = ",offset=";
        var comma = text.LastIndexOf(Option, StringComparison.Ordinal);
        if (comma < 0) return ParseText(text) is { } whole ? whole : null;
        var digits = text.AsSpan(comma + Option.Length);
        var hexadecimal = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        if (!long.TryParse(hexadecimal ? digits[2..] : digits, style, CultureInfo.InvariantCulture, out var offset) || offset < 0) return null;
        return ParseText(text[..comma]) is { } path ? (path.Item1, offset) : null;
    }

    private static SocketChannel ConnectUnix(ChannelAddress address, CancellationToken cancellationToken) =>
        new(UnixSocket.Connect(address.Target, cancellationToken), address.Text);

    private static SocketChannel ConnectTcp(ChannelAddress address, CancellationToken cancellationToken)
    {
        IOException? failure = null;
        foreach (var endPoint in TcpHost.Resolve(address.Target, (int)address.Number, forListening: false, cancellationToken))
        {
            try
            {
                return new SocketChannel(TcpSocket.Connect(endPoint, cancellationToken), address.Text);
            }
            catch (IOException error)
            {
                failure ??= error;
            }
        }
        throw failure ?? new IOException($"{address}: the host has no address");
    }

    private static IByteChannel OpenDescriptor(ChannelAddress address, FileAccess access) =>
        FdChannel.Open((int)address.Number, access, address.Text);

    private static CommandChannel StartCommand(ChannelAddress address, FileAccess access) =>
        CommandChannel.Start(address.Target, access, address.Text);

    private static IByteChannel OpenStandard(ChannelAddress address, FileAccess access) =>
        FdChannel.Open(access == FileAccess.Read ? 0 : 1, access, address.Text);

    private static IByteChannel OpenFile(ChannelAddress address, FileAccess access)
    {
        // A pipe with a name opens only when both ends are there; non-blocking, it says so instead of waiting.
        var options = OpenOptions.NonBlocking | OpenOptions.NoControllingTerminal | (access == FileAccess.Write ? OpenOptions.Create : OpenOptions.None);
        var file = Descriptor.Open(address.Target, access, options);
        try
        {
            var kind = FileKinds.KindOf(file, address.Text);
            if (kind == FileKind.Pipe) throw new IOException($"{address}: a named pipe; use exec:cat with it");
            if (kind == FileKind.Regular)
            {
                // What stands before the offset is somebody else's and stays.
                if (access == FileAccess.Write) new LinuxFile(file, address.Text).SetLength(address.Number);
                FilePosition.Set(file, address.Number, address.Text);
            }
            return FdChannel.Open(file, access, address.Text);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
