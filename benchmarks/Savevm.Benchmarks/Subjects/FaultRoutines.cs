using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Savevm.Benchmarks.Subjects;

/// <summary>The routines of <c>benchmarks/peers/page-faults.c</c>, in this process. Lives until the program ends.</summary>
internal sealed unsafe class FaultRoutines
{
    private readonly delegate* unmanaged<byte*, long*, long, long*, void> _touch;
    private readonly delegate* unmanaged<long*, long, long*, long> _serve;

    /// <param name="library">The library that was made of them.</param>
    public FaultRoutines(string library)
    {
        nint handle = NativeLibrary.Load(library);
        _touch = (delegate* unmanaged<byte*, long*, long, long*, void>)NativeLibrary.GetExport(handle, "touch_pages");
        _serve = (delegate* unmanaged<long*, long, long*, long>)NativeLibrary.GetExport(handle, "serve_faults");
    }

    /// <summary>Touches these pages of memory in native code; how long all of it took. Each touch's nanoseconds go to <paramref name="waits"/>.</summary>
    public TimeSpan Touch(nint memory, long[] order, long[] waits)
    {
        fixed (long* pages = order, nanoseconds = waits)
        {
            long begun = Stopwatch.GetTimestamp();
            _touch((byte*)memory, pages, order.Length, nanoseconds);
            return Stopwatch.GetElapsedTime(begun);
        }
    }

    /// <summary>The same with memory and a handler of its own.</summary>
    public TimeSpan Serve(long[] order, long[] waits)
    {
        fixed (long* pages = order, nanoseconds = waits)
        {
            long elapsed = _serve(pages, order.Length, nanoseconds);
            return elapsed > 0
                ? TimeSpan.FromMicroseconds(elapsed / 1e3)
                : throw new InvalidOperationException($"the handler in C could not begin ({elapsed})");
        }
    }
}
