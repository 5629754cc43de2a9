namespace Savevm.Interop.Forms;

/// <summary>Parts of files that hold guest memory.</summary>
internal static class MemoryFile
{
    public static byte[] ReadAt(string path, long position, int count)
    {
        using FileStream file = File.OpenRead(path);
        file.Position = position;
        byte[] bytes = new byte[count];
        file.ReadExactly(bytes);
        return bytes;
    }

    public static void AssertSame(byte[] expected, byte[] actual, long address)
    {
        int common = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(common == expected.Length && common == actual.Length, $"the byte at 0x{address + common:x} differs");
    }
}
