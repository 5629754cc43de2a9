using System.Runtime.InteropServices;

namespace Savevm.Linux.Descriptors;

/// <summary>Where the next <c>read(2)</c> or <c>write(2)</c> of a file happens.</summary>
public static partial class FilePosition
{
    private const int FromBeginning = 0, FromHere = 1;

    /// <summary>Where it is, counted from the beginning.</summary>
    /// <exception cref="LinuxException">The descriptor has no position.</exception>
    public static long Get(SafeHandle file, string name)
    {
        var position = Seek(file, 0, FromHere);
        return position >= 0 ? position : throw LinuxException.Last("lseek", name);
    }

    /// <summary>Moves it, counted from the beginning.</summary>
    /// <exception cref="LinuxException">The descriptor has no position.</exception>
    public static void Set(SafeHandle file, long position, string name)
    {
        if (Seek(file, position, FromBeginning) < 0) throw LinuxException.Last("lseek", name);
    }

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long Seek(SafeHandle file, long offset, int whence);
}
