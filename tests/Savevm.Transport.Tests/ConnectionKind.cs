using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;
using Savevm.Transport.Channels;
using Savevm.Transport.Layers;
using Savevm.Transport.Tests.Tls;

namespace Savevm.Transport.Tests;

/// <summary>Every kind of channel, each with a peer to talk to.</summary>
internal static class ConnectionKind
{
    private static readonly Dictionary<string, Func<string, Connection>> Kinds = new()
    {
        ["pair"] = _ => Pair(),
        ["pair, non-blocking"] = _ => NonBlockingPair(),
        ["unix"] = folder => Listening($"unix:{folder}/s"),
        ["tcp"] = _ => Listening("tcp:127.0.0.1:0"),
        ["tcp, IPv6"] = _ => Listening("tcp:[::1]:0"),
        ["fd, socket"] = _ => DescriptorSockets(),
        ["fd, pipe"] = _ => DescriptorPipe(),
        ["exec, writer"] = folder => CommandWriter(folder),
        ["exec, reader"] = folder => CommandReader(folder),
        ["counting"] = _ => Layered(inner => new CountingChannel(inner)),
        ["throttled"] = _ => Layered(inner => new ThrottledChannel(inner, 1L << 40)),
        ["throttled, without limit"] = _ => Layered(inner => new ThrottledChannel(inner, 0)),
        ["tls, pair"] = _ => Secured(Pair(), writerIsClient: true),
        ["tls, pair, server writes"] = _ => Secured(Pair(), writerIsClient: false),
        ["tls, tcp"] = _ => Secured(Listening("tcp:127.0.0.1:0"), writerIsClient: true),
    };

    internal static TheoryData<string> All => [.. Kinds.Keys];

    internal static Connection Open(string kind, string folder) => Kinds[kind](folder);

    private static Connection Pair()
    {
        var (first, second) = ChannelPair.Create();
        return new Connection(first, second);
    }

    private static Connection NonBlockingPair()
    {
        var (first, second) = ChannelPair.Create();
        Descriptor.SetNonBlocking(first.Socket, true, "pair");
        Descriptor.SetNonBlocking(second.Socket, true, "pair");
        return new Connection(first, second);
    }

    private static Connection Listening(string address)
    {
        using var listener = ChannelAddress.Parse(address).Listen();
        var caller = ChannelAddress.Parse(listener.Address).Connect();
        return new Connection(caller, listener.Accept(CancellationToken.None));
    }

    private static Connection DescriptorSockets()
    {
        var (first, second) = Linux.Sockets.UnixSocket.Pair();
        return new Connection(ByNumber(first, FileAccess.Write), ByNumber(second, FileAccess.Read));
    }

    private static Connection DescriptorPipe()
    {
        var (read, write) = Descriptor.Pipe();
        return new Connection(ByNumber(write, FileAccess.Write), ByNumber(read, FileAccess.Read));
    }

    // The channel goes through a command, so that the other end is somewhere else than in its shell.
    private static Connection CommandWriter(string folder)
    {
        var listener = ChannelAddress.Parse($"unix:{folder}/s").Listen();
        var (read, write) = Descriptor.Pipe();
        using var mine = Descriptor.Duplicate(write, 50);
        write.Dispose();
        var writer = ChannelAddress.Parse($"exec:cat > /proc/{Environment.ProcessId}/fd/{(int)mine.DangerousGetHandle()}").Connect();
        // The command has opened the pipe before it takes the first byte; ours may go only then.
        var reader = ByNumber(read, FileAccess.Read);
        WaitForSecondWriter(mine);
        listener.Dispose();
        return new Connection(writer, reader);
    }

    private static Connection CommandReader(string folder)
    {
        _ = folder;
        var (read, write) = Descriptor.Pipe();
        using var mine = Descriptor.Duplicate(read, 50);
        read.Dispose();
        var command = $"exec:cat < /proc/{Environment.ProcessId}/fd/{(int)mine.DangerousGetHandle()}";
        var reader = ChannelAddress.Parse(command).Listen().Accept(CancellationToken.None);
        var writer = ByNumber(write, FileAccess.Write);
        WaitForSecondWriter(mine);
        return new Connection(writer, reader);
    }

    private static void WaitForSecondWriter(SafeFileHandle pipe)
    {
        var target = new FileInfo($"/proc/self/fd/{(int)pipe.DangerousGetHandle()}").LinkTarget!;
        for (var tries = 0; tries < 1000; tries++)
        {
            foreach (var process in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[6]) && path != $"/proc/{Environment.ProcessId}"))
            {
                try
                {
                    if (Directory.GetFiles(process + "/fd").Any(file => new FileInfo(file).LinkTarget == target)) return;
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // It ended, or is not ours.
                }
            }
            Thread.Sleep(2);
        }
        throw new TimeoutException("the command did not open the pipe");
    }

    private static IByteChannel ByNumber(SafeFileHandle descriptor, FileAccess access)
    {
        using var original = descriptor;
        var copy = Descriptor.Duplicate(descriptor);
        var number = (int)copy.DangerousGetHandle();
        copy.SetHandleAsInvalid();
        return FdChannel.Open(number, access, $"fd:{number}");
    }

    private static Connection Secured(Connection plain, bool writerIsClient)
    {
        var (client, server) = writerIsClient ? TlsPair.Over(plain.Writer, plain.Reader) : TlsPair.Over(plain.Reader, plain.Writer);
        return writerIsClient ? new Connection(client, server) : new Connection(server, client);
    }

    private static Connection Layered(Func<IByteChannel, IByteChannel> layer)
    {
        var (first, second) = ChannelPair.Create();
        return new Connection(layer(first), layer(second));
    }
}
