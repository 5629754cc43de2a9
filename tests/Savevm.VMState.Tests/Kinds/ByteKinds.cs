using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Bytes, bits and texts of every kind, and what travels beside them.</summary>
[VMState("bytes", Version = 1)]
internal sealed partial class ByteKinds
{
    private const int Most = 80;

    [VMStateBuffer(5, Start = 1)]
    internal readonly byte[] Fixed = new byte[7];

    [VMStateField]
    internal byte Count;

    [VMStateUnused(3)]
    [VMStateUnused(2, CountField = nameof(Count))]
    [VMStateBuffer(CountField = nameof(Count), Factor = 2, Limit = 2 * Most)]
    internal byte[] Counted = [];

    [VMStateBitmap(65)]
    internal readonly ulong[] Bits = new ulong[2];

    [VMStateBitmap(CountField = nameof(Count), Limit = Most)]
    internal ulong[] CountedBits = [];

    [VMStateField]
    internal string Name = "";

    [VMStateField]
    internal byte[] Told = [];

    [VMStateDescriptor]
    internal int Descriptor;

    [VMStateCustom("own", typeof(ByteField))]
    internal byte[] Own = [];

    internal static ByteKinds Create(Random random)
    {
        byte count = (byte)random.Next(Most + 1);
        var device = new ByteKinds
        {
            Count = count,
            Counted = Bytes(random, 2 * count),
            CountedBits = [.. Enumerable.Range(0, (count + 63) / 64).Select(_ => (ulong)random.NextInt64())],
            Name = new string('n', random.Next(256)),
            Told = Bytes(random, random.Next(300)),
            Descriptor = random.Next(),
            Own = Bytes(random, random.Next(256)),
        };
        random.NextBytes(device.Fixed.AsSpan(1, 5));
        foreach (ref ulong word in device.Bits.AsSpan())
            word = (ulong)random.NextInt64();
        return device;
    }

    internal string Tell() => $"{Hex(Fixed)} {Count} {Hex(Counted)} {string.Join(',', Bits)} {string.Join(',', CountedBits)} {Name} {Hex(Told)} {Descriptor} {Hex(Own)}";

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
