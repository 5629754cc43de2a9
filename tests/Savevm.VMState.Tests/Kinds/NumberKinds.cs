using System.Globalization;
using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Numbers of every kind, alone and in arrays of a fixed and of a told length.</summary>
[VMState("numbers", Version = 1)]
internal sealed partial class NumberKinds
{
    [VMStateField]
    internal sbyte I8;

    [VMStateField]
    internal short I16;

    [VMStateField]
    internal int I32;

    [VMStateField]
    internal long I64;

    [VMStateField]
    internal byte U8;

    [VMStateField]
    internal ushort U16;

    [VMStateField]
    internal uint U32;

    [VMStateField]
    internal ulong U64;

    [VMStateField]
    internal bool Flag;

    [VMStateField]
    internal double Real;

    [VMStateField(IsFloat64 = true, When = nameof(HasOther))]
    internal double Other;

    [VMStateTimer]
    internal long Timer;

    [VMStateTimer(2)]
    internal readonly long[] Timers = new long[2];

    [VMStateArray(3)]
    internal readonly short[] Shorts = new short[3];

    [VMStateField]
    internal byte Count;

    [VMStateArray(CountField = nameof(Count))]
    internal readonly sbyte[] Few = new sbyte[8];

    [VMStateArray(CountField = nameof(Count), Limit = 8)]
    internal ulong[] Made = [];

    private bool HasOther() => Flag;

    internal static NumberKinds Create(Random random)
    {
        byte count = (byte)random.Next(9);
        var device = new NumberKinds
        {
            I8 = (sbyte)random.Next(),
            I16 = (short)random.Next(),
            I32 = (int)random.NextInt64(),
            I64 = Word(random),
            U8 = (byte)random.Next(),
            U16 = (ushort)random.Next(),
            U32 = (uint)random.NextInt64(),
            U64 = (ulong)Word(random),
            Flag = random.Next(2) == 0,
            Real = BitConverter.Int64BitsToDouble(Word(random)),
            Timer = Word(random),
            Count = count,
            Made = [.. Enumerable.Range(0, count).Select(_ => (ulong)Word(random))],
        };
        device.Other = device.Flag ? random.NextDouble() : 0;
        foreach (ref long timer in device.Timers.AsSpan())
            timer = random.Next(2) == 0 ? -1 : Word(random);
        foreach (ref short value in device.Shorts.AsSpan())
            value = (short)random.Next();
        foreach (ref sbyte value in device.Few.AsSpan(0, count))
            value = (sbyte)random.Next();
        return device;
    }

    internal string Told() => string.Create(
        CultureInfo.InvariantCulture,
        $"{I8} {I16} {I32} {I64} {U8} {U16} {U32} {U64} {Flag} {BitConverter.DoubleToInt64Bits(Real)} {Other:r} {Timer} {Count}")
        + $" {string.Join(',', Timers)} {string.Join(',', Shorts)} {string.Join(',', Few)} {string.Join(',', Made)}";

    private static long Word(Random random) => random.NextInt64(long.MinValue, long.MaxValue);
}
