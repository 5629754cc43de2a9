using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Savevm.Linux;
using Savevm.Linux.Descriptors;

namespace Savevm.Transport.Channels;

/// <summary>Makes the channel that fits a descriptor which somebody else opened.</summary>
public static class FdChannel
{
    /// <summary>Takes a descriptor over by its number.</summary>
    /// <param name="number">An open descriptor; the channel closes it.</param>
    /// <param name="access">What it will be used for; ignored for sockets, which do both.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="IOException">It is not open, or not for this.</exception>
    public static IByteChannel Open(int number, FileAccess access, string name) => Open(new SafeFileHandle(number, true), access, name);

    /// <summary>Takes a descriptor over: a socket, a pipe, a terminal or a file.</summary>
    /// <inheritdoc cref="Open(int, FileAccess, string)"/>
    public static IByteChannel Open(SafeFileHandle descriptor, FileAccess access, string name)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        try
        {
            var kind = FileKinds.KindOf(descriptor, name);
            if (kind == FileKind.Socket) return new SocketChannel(descriptor, name);
            if (kind is FileKind.Directory or FileKind.Anonymous) throw new IOException($"{name}: {kind} is nothing to read or write a stream");
            if ((Descriptor.AccessOf(descriptor, name) & access) != access)
                throw new IOException($"{name}: not open for {(access == FileAccess.Read ? "reading" : "writing")}");
            if (kind is FileKind.Regular or FileKind.BlockDevice) return new FileChannel(descriptor, name);
            return new PipeChannel(MakeNonBlocking(descriptor, access, name), access, name);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    private static SafeFileHandle MakeNonBlocking(SafeFileHandle descriptor, FileAccess access, string name)
    {
        // O_NONBLOCK belongs to the open file, which other processes may share (a shell its terminal): open it once more.
        try
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)descriptor.DangerousGetHandle()}");
            var own = Descriptor.Open(path, access, OpenOptions.NonBlocking | OpenOptions.NoControllingTerminal);
            descriptor.Dispose();
            return own;
        }
        catch (LinuxException)
        {
            // Another user's pipe, or one without a peer.
            Descriptor.SetNonBlocking(descriptor, true, name);
            return descriptor;
        }
    }
}
