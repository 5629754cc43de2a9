namespace Savevm.Wire.Tests.Vectors;

/// <summary>A short name for bytes in transcripts: 32 bits of FNV-1a.</summary>
internal static class Sum
{
    internal static string Of(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0x811c9dc5;
        foreach (byte value in bytes)
            sum = (sum ^ value) * 0x01000193;
        return $"{sum:x8}";
    }
}
