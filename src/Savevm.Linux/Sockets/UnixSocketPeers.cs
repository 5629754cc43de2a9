using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux.Descriptors;

namespace Savevm.Linux.Sockets;

/// <summary>Which unix socket is connected to which, by inode: a dump of the kernel's sock_diag. Empty where the kernel has none.</summary>
internal static class UnixSocketPeers
{
    private const int NetlinkFamily = 16, RawType = 3, SocketDiagnosis = 4, HeaderBytes = 16, RequestBytes = 24, MessageBytes = 16;
    private const ushort DiagnoseByFamily = 20, ErrorMessage = 2, DoneMessage = 3, Request = 1, Dump = 0x300, PeerAttribute = 2;
    private const int ShowPeer = 4;

    /// <summary>Pairs of a socket's inode and its peer's; each connection appears from both ends.</summary>
    internal static List<(long Socket, long Peer)> Read()
    {
        var pairs = new List<(long, long)>();
        var number = SocketCalls.Socket(NetlinkFamily, RawType | StreamSocket.CloseOnExec, SocketDiagnosis);
        if (number < 0) return pairs;
        using var netlink = new SafeFileHandle(number, true);
        try
        {
            Descriptor.Write(netlink, MakeRequest(), "netlink");
            var buffer = new byte[64 * 1024];
            while (Descriptor.Wait(netlink, PollEvents.Readable, TimeSpan.FromSeconds(1), "netlink") == PollEvents.Readable)
            {
                var count = Descriptor.Read(netlink, buffer, "netlink");
                if (count <= 0 || !TakeMessages(buffer.AsSpan(0, count), pairs)) break;
            }
        }
        catch (LinuxException)
        {
            // What came so far is what we know.
        }
        return pairs;
    }

    private static byte[] MakeRequest()
    {
        var request = new byte[HeaderBytes + RequestBytes];
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), DiagnoseByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), Request | Dump);
        var body = request.AsSpan(HeaderBytes);
        body[0] = 1; // AF_UNIX
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], uint.MaxValue); // every state
        BinaryPrimitives.WriteUInt32LittleEndian(body[12..], ShowPeer);
        return request;
    }

    private static bool TakeMessages(ReadOnlySpan<byte> bytes, List<(long Socket, long Peer)> pairs)
    {
        while (bytes.Length >= HeaderBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            var type = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
            if (length < HeaderBytes || length > bytes.Length || type is ErrorMessage or DoneMessage) return false;
            if (type == DiagnoseByFamily && length >= HeaderBytes + MessageBytes) TakeSocket(bytes[HeaderBytes..length], pairs);
            bytes = bytes[Math.Min(bytes.Length, Align(length))..];
        }
        return true;
    }

    private static void TakeSocket(ReadOnlySpan<byte> message, List<(long Socket, long Peer)> pairs)
    {
        var inode = BinaryPrimitives.ReadUInt32LittleEndian(message[4..]);
        var attributes = message[MessageBytes..];
        while (attributes.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length) return;
            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) == PeerAttribute && length >= 8)
                pairs.Add((inode, BinaryPrimitives.ReadUInt32LittleEndian(attributes[4..])));
            attributes = attributes[Math.Min(attributes.Length, Align(length))..];
        }
    }

    private static int Align(int length) => (length + 3) & ~3;
}
