using System.Buffers.Binary;

namespace Savevm.VMState.Fields;

/// <summary>The bits of a double; those of what is not a number are kept.</summary>
internal readonly struct DoubleScalar : IScalar<double>
{
    public static int Bytes => sizeof(double);

    public static void Write(Span<byte> target, double value) => BinaryPrimitives.WriteDoubleBigEndian(target, value);

    public static double Read(ReadOnlySpan<byte> source) => BinaryPrimitives.ReadDoubleBigEndian(source);
}
