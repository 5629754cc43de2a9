using System.Buffers.Text;
using System.Globalization;
using Savevm.Linux.Descriptors;
using Savevm.Linux.Files;

namespace Savevm.Linux.Processes;

/// <summary>A thread of another process, looked at again and again while it runs, by <c>/proc</c>. It is not stopped and does not notice.</summary>
public sealed class ObservedThread : IDisposable
{
    private readonly LinuxFile times;
    private readonly LinuxFile? waits;

    private ObservedThread(LinuxFile times, LinuxFile? waits)
    {
        this.times = times;
        this.waits = waits;
    }

    /// <summary>Opens it; null where there is no such thread, or a kernel that keeps no times.</summary>
    /// <param name="processId">Its process.</param>
    /// <param name="threadId">Its id, as this process's pid namespace has it.</param>
    public static ObservedThread? Open(int processId, int threadId)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/task/{threadId}/");
        return OpenFile(folder + "schedstat") is { } times ? new ObservedThread(times, OpenFile(folder + "wchan")) : null;
    }

    /// <summary>How long it has run on a processor since it started.</summary>
    /// <returns>False when it has ended.</returns>
    public bool TryReadRunTime(out TimeSpan ran)
    {
        Span<byte> text = stackalloc byte[64];
        ran = default;
        try
        {
            if (!Utf8Parser.TryParse(text[..times.Read(text, 0)], out long nanoseconds, out _)) return false;
            ran = TimeSpan.FromMicroseconds(nanoseconds / 1000.0);
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Whether it waits in this function of the kernel; null where this user may not know.</summary>
    /// <param name="function">The function's name, in ASCII.</param>
    public bool? WaitsIn(ReadOnlySpan<byte> function)
    {
        if (waits is null) return null;
        Span<byte> name = stackalloc byte[function.Length];
        try
        {
            return waits.Read(name, 0) is var length && length > 0 && name[..length].SequenceEqual(function);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        times.Dispose();
        waits?.Dispose();
    }

    private static LinuxFile? OpenFile(string path)
    {
        try
        {
            return new LinuxFile(Descriptor.Open(path, FileAccess.Read), path);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
