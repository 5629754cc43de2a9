namespace Savevm.Samples.Machine.Processing;

/// <summary>An instruction, and how it lies in memory.</summary>
internal readonly record struct Instruction(Opcode Opcode, byte Target = 0, byte First = 0, byte Second = 0, int Number = 0)
{
    internal const int Bytes = 8;

    public static Instruction Decode(ulong bits) => new((Opcode)bits, (byte)(bits >> 8), (byte)(bits >> 16), (byte)(bits >> 24), (int)(bits >> 32));

    public ulong Encode() => (ulong)Opcode | (ulong)Target << 8 | (ulong)First << 16 | (ulong)Second << 24 | (ulong)(uint)Number << 32;
}
