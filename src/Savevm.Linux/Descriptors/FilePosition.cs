using System.Runtime.InteropServices;

namespace Savevm.Linux.Descriptors;

/// <summary>Where the next <c>read(2)</c> or <c>write(2)</c> of a file happens.</summary>
public static partial class FilePosition
{
    /// <summary>Moves it, counted from the beginning.</summary>
    /// <exception cref="LinuxException">The descriptor has no position.</exception>
    public static void Set(SafeHandle file, long position, string name)
    {
        const int FromBeginning = 0;
        if (Seek(file, position, FromBeginning) < 0) throw LinuxException.Last("lseek", name);
    }

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long Seek(SafeHandle file, long offset, int whence);
}
