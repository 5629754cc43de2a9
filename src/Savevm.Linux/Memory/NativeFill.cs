namespace Savevm.Linux.Memory;

/// <summary>Fills memory by the C library inside a native call, for the same reason as <see cref="NativeCopy"/>.</summary>
public static class NativeFill
{
    /// <summary>Sets <paramref name="length"/> bytes to one value.</summary>
    /// <param name="destination">First byte to write; native or pinned memory.</param>
    /// <param name="value">What each byte becomes.</param>
    /// <param name="length">Number of bytes, not negative.</param>
    public static void Fill(nint destination, byte value, nint length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > 0) MemoryCalls.Fill(destination, value, (nuint)length);
    }
}
