using Savevm.VMState.Attributes;

namespace Savevm.VMState.Tests.Kinds;

/// <summary>Numbers of every kind that the device which is loaded must have, and a condition.</summary>
[VMState("checked", Version = 1)]
internal sealed partial class CheckedKinds
{
    [VMStateEqual]
    internal byte U8;

    [VMStateEqual]
    internal ushort U16;

    [VMStateEqual]
    internal int I32;

    [VMStateEqual]
    internal uint U32;

    [VMStateEqual]
    internal ulong U64;

    [VMStateEqual(OrLess = true)]
    internal int Most;

    [VMStateField]
    internal byte Even;

    [VMStateValidate("even")]
    private bool IsEven() => Even % 2 == 0;

    internal static CheckedKinds Create(Random random) => new()
    {
        U8 = (byte)random.Next(),
        U16 = (ushort)random.Next(),
        I32 = (int)random.NextInt64(),
        U32 = (uint)random.NextInt64(),
        U64 = (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        Most = random.Next(),
        Even = (byte)(2 * random.Next(128)),
    };

    /// <summary>A device that must take the state of this one.</summary>
    internal CheckedKinds Twin() => new() { U8 = U8, U16 = U16, I32 = I32, U32 = U32, U64 = U64, Most = int.MaxValue - (Most % 2) };

    internal string Told() => $"{U8} {U16} {I32} {U32} {U64} {Most} {Even}";
}
