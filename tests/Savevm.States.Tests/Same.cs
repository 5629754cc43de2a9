namespace Savevm.States.Tests;

/// <summary>Compares many bytes, and says where the first differs.</summary>
internal static class Same
{
    internal static void Bytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        int common = expected.CommonPrefixLength(actual);
        Assert.True(common == expected.Length, $"byte 0x{common:x} of 0x{expected.Length:x} differs");
    }
}
