using System.Buffers.Binary;

namespace Savevm.Fuzz.Engine;

/// <summary>Makes new inputs of old ones, by the changes that formats with lengths and counts take badly.</summary>
internal sealed class Mutator(FuzzRandom random, int maxBytes)
{
    private const int MaxSteps = 6;

    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 511, 512, 1023, 1024, 4095, 4096, 4097, 0x7fff, 0x8000,
        0xffff, 0x10000, 0xfffff, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, (1UL << 46) - 1, 1UL << 46, 1UL << 62,
        long.MaxValue, 1UL << 63, ulong.MaxValue - 0xfff, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private readonly byte[] _work = new byte[maxBytes];
    private int _length;

    /// <summary>A changed copy; it is valid until the next call.</summary>
    /// <param name="parent">The input to change.</param>
    /// <param name="other">Another one, for parts to take.</param>
    public ReadOnlySpan<byte> Mutate(ReadOnlySpan<byte> parent, ReadOnlySpan<byte> other)
    {
        _length = Math.Min(parent.Length, maxBytes);
        parent[.._length].CopyTo(_work);
        int steps = 1 + random.SmallBelow(MaxSteps);
        for (int step = 0; step < steps; step++)
            ChangeOnce(other);
        return _work.AsSpan(0, _length);
    }

    private void ChangeOnce(ReadOnlySpan<byte> other)
    {
        switch (random.Below(_length == 0 ? 1 : 14))
        {
            case 0:
                InsertNoise();
                break;
            case 1 or 2:
                _work[Place(_length)] ^= (byte)(1 << random.Below(8));
                break;
            case 3 or 4:
                _work[Place(_length)] = (byte)random.Next();
                break;
            case 5:
                _work[Place(_length)] += (byte)(random.Below(33) - 16);
                break;
            case 6 or 7:
                SetInteger(Interesting[random.Below(Interesting.Length)]);
                break;
            case 8:
                AddToInteger();
                break;
            case 9:
                // What a length field would say that counts up to the end, or nearly.
                SetInteger((ulong)Math.Max(0, _length - random.Below(_length + 1) + random.Below(3) - 1));
                break;
            case 10:
                DeleteRange();
                break;
            case 11:
                CopyWithin();
                break;
            case 12:
                TakeFrom(other);
                break;
            default:
                _length = random.Below(_length + 1);
                break;
        }
    }

    /// <summary>Any of so many places, those at the front more often: there stand heads, which decide what becomes of the rest.</summary>
    private int Place(int count) => random.Below(2) == 0 ? random.Below(count) : random.SmallBelow(count);

    private Span<byte> Field(out bool isBigEndian)
    {
        int width = 1 << random.Below(4);
        isBigEndian = random.Below(4) != 0;
        return width > _length ? [] : _work.AsSpan(Place(_length - width + 1), width);
    }

    private void SetInteger(ulong value)
    {
        Span<byte> field = Field(out bool isBigEndian);
        Write(field, value, isBigEndian);
    }

    private void AddToInteger()
    {
        Span<byte> field = Field(out bool isBigEndian);
        ulong value = 0;
        for (int i = 0; i < field.Length; i++)
            value = (value << 8) | field[isBigEndian ? i : field.Length - 1 - i];
        Write(field, value + (ulong)(random.Below(65) - 32), isBigEndian);
    }

    private static void Write(Span<byte> field, ulong value, bool isBigEndian)
    {
        Span<byte> whole = stackalloc byte[sizeof(ulong)];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(whole, value);
            whole[^field.Length..].CopyTo(field);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
            whole[..field.Length].CopyTo(field);
        }
    }

    private void InsertNoise()
    {
        Span<byte> noise = stackalloc byte[1 + random.SmallBelow(16)];
        bool isFill = random.Below(2) == 0;
        byte fill = (byte)random.Next();
        foreach (ref byte value in noise)
            value = isFill ? fill : (byte)random.Next();
        Insert(random.Below(_length + 1), noise);
    }

    private void DeleteRange()
    {
        int count = 1 + random.SmallBelow(_length);
        int at = random.Below(_length - count + 1);
        _work.AsSpan(at + count, _length - at - count).CopyTo(_work.AsSpan(at));
        _length -= count;
    }

    /// <summary>Repeats a range where another stands, or between others.</summary>
    private void CopyWithin()
    {
        int count = 1 + random.SmallBelow(_length);
        byte[] range = _work.AsSpan(random.Below(_length - count + 1), count).ToArray();
        Put(range);
    }

    private void TakeFrom(ReadOnlySpan<byte> other)
    {
        if (other.IsEmpty)
            return;
        int count = 1 + random.SmallBelow(Math.Min(other.Length, maxBytes));
        ReadOnlySpan<byte> range = other.Slice(random.Below(other.Length - count + 1), count);
        Put(range);
    }

    private void Put(ReadOnlySpan<byte> range)
    {
        int at = random.Below(_length + 1);
        if (random.Below(2) == 0)
            Insert(at, range);
        else
            range[..Math.Min(range.Length, _length - at)].CopyTo(_work.AsSpan(at));
    }

    private void Insert(int at, ReadOnlySpan<byte> range)
    {
        range = range[..Math.Min(range.Length, maxBytes - _length)];
        _work.AsSpan(at, _length - at).CopyTo(_work.AsSpan(at + range.Length));
        range.CopyTo(_work.AsSpan(at));
        _length += range.Length;
    }
}
