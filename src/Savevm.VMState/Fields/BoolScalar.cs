namespace Savevm.VMState.Fields;

/// <summary>A truth value in a byte.</summary>
internal readonly struct BoolScalar : IScalar<bool>
{
    public static int Bytes => 1;

    public static void Write(Span<byte> target, bool value) => target[0] = value ? (byte)1 : (byte)0;

    public static bool Read(ReadOnlySpan<byte> source) => source[0] != 0;
}
