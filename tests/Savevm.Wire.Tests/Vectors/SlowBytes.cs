using System.Text;

namespace Savevm.Wire.Tests.Vectors;

/// <summary>Bytes read one after the other, as the second readers do it. Reading past the end is an <see cref="EndOfStreamException"/>.</summary>
internal sealed class SlowBytes(byte[] bytes)
{
    internal int At { get; set; }

    internal int Length => bytes.Length;

    internal bool IsAtEnd => At == bytes.Length;

    internal byte Peek(int ahead = 0) => At + ahead < bytes.Length ? bytes[At + ahead] : throw new EndOfStreamException();

    internal byte Byte()
    {
        byte value = Peek();
        At++;
        return value;
    }

    internal ulong Number(int count)
    {
        ulong value = 0;
        for (int i = 0; i < count; i++)
            value = (value * 256) + Byte();
        return value;
    }

    internal byte[] Take(int count)
    {
        if (bytes.Length - At < count)
            throw new EndOfStreamException();
        At += count;
        return bytes[(At - count)..At];
    }

    internal string Text(int count) => Encoding.ASCII.GetString(Take(count));

    internal string Name() => Text(Byte());

    internal byte[] Rest() => bytes[At..];
}
