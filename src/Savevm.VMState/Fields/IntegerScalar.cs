using System.Numerics;
using System.Runtime.CompilerServices;

namespace Savevm.VMState.Fields;

/// <summary>An integer, big-endian.</summary>
internal readonly struct IntegerScalar<TValue> : IScalar<TValue>
    where TValue : unmanaged, IBinaryInteger<TValue>, IMinMaxValue<TValue>
{
    public static int Bytes => Unsafe.SizeOf<TValue>();

    // The other way to write, WriteBigEndian, is a member of the interface itself: calling it would box the value.
    public static void Write(Span<byte> target, TValue value) => _ = value.TryWriteBigEndian(target, out _);

    public static TValue Read(ReadOnlySpan<byte> source) => TValue.ReadBigEndian(source, isUnsigned: TValue.IsZero(TValue.MinValue));
}
