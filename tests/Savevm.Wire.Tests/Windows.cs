namespace Savevm.Wire.Tests;

/// <summary>What every try-reader promises about its window, checked for one element given as bytes.</summary>
internal static class Windows
{
    internal delegate bool TryRead(ReadOnlySpan<byte> window, long offset, out int consumed);

    /// <summary>
    /// Every true prefix is too short, the element alone suffices (with <paramref name="lookAhead"/> further bytes), and what
    /// follows changes nothing.
    /// </summary>
    internal static void AssertEveryCut(byte[] element, TryRead read, int lookAhead = 0)
    {
        int length = element.Length - lookAhead;
        for (int cut = 0; cut < element.Length; cut++)
        {
            // A copy of its own: reading past the cut would read past an array.
            byte[] prefix = element[..cut];
            Assert.False(read(prefix, 0, out int none), $"cut at {cut}");
            Assert.Equal(0, none);
        }
        Assert.True(read(element, 0, out int consumed));
        Assert.Equal(length, consumed);
        byte[] longer = [.. element, .. new byte[300]];
        Assert.True(read(longer, 0, out consumed));
        Assert.Equal(length, consumed);
    }

    /// <summary>
    /// The defect is reported at its offset, from the prefix of <paramref name="visibleAt"/> bytes on, and not before.
    /// </summary>
    internal static void AssertDefect(string element, long defectAt, int visibleAt, TryRead read)
    {
        const long Start = 0x1_2345_6789;
        byte[] bytes = Hex.Bytes(element);
        for (int cut = 0; cut < visibleAt; cut++)
            Assert.False(read(bytes.AsSpan(0, cut), Start, out _), $"cut at {cut}");
        for (int cut = visibleAt; cut <= bytes.Length; cut++)
        {
            int length = cut;
            var defect = Assert.Throws<WireException>(() => read(bytes.AsSpan(0, length), Start, out _));
            Assert.Equal(defectAt, defect.Offset - Start);
            Assert.Contains($"0x{Start + defectAt:x}", defect.Message, StringComparison.Ordinal);
        }
    }
}
