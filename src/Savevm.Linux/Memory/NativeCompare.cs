namespace Savevm.Linux.Memory;

/// <summary>Compares memory by the C library inside a native call, for the same reason as <see cref="NativeCopy"/>.</summary>
public static class NativeCompare
{
    /// <summary>Whether <paramref name="length"/> bytes are the same at both addresses.</summary>
    /// <param name="first">Native or pinned memory.</param>
    /// <param name="second">Native or pinned memory.</param>
    /// <param name="length">Number of bytes, not negative.</param>
    public static bool AreEqual(nint first, nint second, nint length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return length == 0 || MemoryCalls.Compare(first, second, (nuint)length) == 0;
    }
}
