using System.Text;

namespace Savevm.Wire.Tests;

/// <summary>Bytes written by hand: hexadecimal pairs and quoted text, separated by blanks.</summary>
internal static class Hex
{
    internal static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length;)
        {
            if (text[i] == ' ')
            {
                i++;
            }
            else if (text[i] == '\'')
            {
                int end = text.IndexOf('\'', i + 1);
                bytes.AddRange(Encoding.ASCII.GetBytes(text[(i + 1)..end]));
                i = end + 1;
            }
            else
            {
                bytes.Add(Convert.ToByte(text.Substring(i, 2), 16));
                i += 2;
            }
        }
        return [.. bytes];
    }

    internal static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    internal static string Text(WireWriter writer) => Text(writer.WrittenSpan);

    /// <summary>The same text that <see cref="Text(ReadOnlySpan{byte})"/> gives for these bytes.</summary>
    internal static string Normal(string text) => Text(Bytes(text));
}
