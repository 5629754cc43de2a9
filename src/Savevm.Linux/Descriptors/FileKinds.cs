using System.Runtime.InteropServices;

namespace Savevm.Linux.Descriptors;

/// <summary>Asks the kernel what a descriptor or a path is, by <c>statx(2)</c>, whose layout is the same everywhere.</summary>
public static unsafe partial class FileKinds
{
    private const int CurrentDirectory = -100, EmptyPath = 0x1000, NoFollow = 0x100, TypeWanted = 1, ModeOffset = 28, StatxBytes = 256;

    /// <summary>The kind of an open descriptor.</summary>
    /// <exception cref="LinuxException">It is not open.</exception>
    public static FileKind KindOf(SafeHandle descriptor, string name)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Ask((int)descriptor.DangerousGetHandle(), "", EmptyPath, name);
        }
        finally
        {
            if (held) descriptor.DangerousRelease();
        }
    }

    /// <summary>The kind of the thing at a path; a symbolic link is not followed.</summary>
    /// <exception cref="LinuxException">There is nothing, or it is not allowed to look.</exception>
    public static FileKind KindOf(string path) => Ask(CurrentDirectory, path, NoFollow, path);

    private static FileKind Ask(int folder, string path, int flags, string name)
    {
        var answer = stackalloc byte[StatxBytes];
        if (Statx(folder, path, flags, TypeWanted, answer) != 0) throw LinuxException.Last("statx", name);
        return (FileKind)(*(ushort*)(answer + ModeOffset) & 0xf000);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* answer);
}
