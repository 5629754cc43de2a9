using System.Numerics;
using System.Runtime.CompilerServices;

namespace Savevm.VMState.Fields;

/// <summary>An integer, big-endian.</summary>
internal readonly struct IntegerScalar<TValue> : IScalar<TValue>
    where TValue : unmanaged, IBinaryInteger<TValue>, IMinMaxValue<TValue>
{
    public static int Bytes => Unsafe.SizeOf<TValue>();

    public static void Write(Span<byte> target, TValue value) => value.WriteBigEndian(target);

    public static TValue Read(ReadOnlySpan<byte> source) => TValue.ReadBigEndian(source, isUnsigned: TValue.IsZero(TValue.MinValue));
}
