namespace Savevm.Linux.Memory;

/// <summary>
/// Copies by the C library inside a native call. A page fault that another thread must serve may happen in here: the garbage
/// collector can go on meanwhile, which it cannot when managed code faults.
/// </summary>
public static class NativeCopy
{
    /// <summary>Copies <paramref name="length"/> bytes between memory that does not overlap.</summary>
    /// <param name="destination">First byte to write; native or pinned memory.</param>
    /// <param name="source">First byte to read; native or pinned memory.</param>
    /// <param name="length">Number of bytes, not negative.</param>
    public static void Copy(nint destination, nint source, nint length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > 0) MemoryCalls.Copy(destination, source, (nuint)length);
    }
}
