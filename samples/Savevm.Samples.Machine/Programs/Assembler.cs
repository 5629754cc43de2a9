using System.Buffers.Binary;
using Savevm.Samples.Machine.Devices;
using Savevm.Samples.Machine.Processing;

namespace Savevm.Samples.Machine.Programs;

/// <summary>Puts instructions one behind the other, with names for places.</summary>
internal sealed class Assembler
{
    private readonly List<Instruction> code = [];
    private readonly Dictionary<string, int> places = [];
    private readonly List<(int Index, string Place)> branches = [];

    public Assembler Place(string name)
    {
        places.Add(name, code.Count * Instruction.Bytes);
        return this;
    }

    public Assembler Set(byte target, int number) => Put(new(Opcode.Set, target, Number: number));

    public Assembler Add(byte target, byte first, byte second) => Put(new(Opcode.Add, target, first, second));

    public Assembler AddNumber(byte target, byte first, int number) => Put(new(Opcode.AddNumber, target, first, Number: number));

    public Assembler Multiply(byte target, byte first, byte second) => Put(new(Opcode.Multiply, target, first, second));

    public Assembler Mask(byte target, byte first, int number) => Put(new(Opcode.Mask, target, first, Number: number));

    public Assembler Load(byte target, byte address) => Put(new(Opcode.Load, target, address));

    public Assembler Store(byte address, byte value) => Put(new(Opcode.Store, First: address, Second: value));

    public Assembler In(byte target, int port) => Put(new(Opcode.In, target, Number: port));

    public Assembler Out(int port, byte value) => Put(new(Opcode.Out, First: value, Number: port));

    public Assembler Halt() => Put(new(Opcode.Halt));

    public Assembler Branch(Opcode opcode, byte first, byte second, string place)
    {
        branches.Add((code.Count, place));
        return Put(new(opcode, First: first, Second: second));
    }

    public Assembler Jump(string place) => Branch(Opcode.BranchEqual, 0, 0, place);

    /// <summary>Writes a text, character after character.</summary>
    public Assembler Print(string text, byte scratch)
    {
        foreach (var character in text) Set(scratch, character).Out(Ports.SerialByte, scratch);
        return this;
    }

    /// <summary>The program, which belongs at address 0.</summary>
    public byte[] Assemble()
    {
        foreach (var (index, place) in branches) code[index] = code[index] with { Number = places[place] };
        var bytes = new byte[code.Count * Instruction.Bytes];
        for (var index = 0; index < code.Count; index++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(index * Instruction.Bytes), code[index].Encode());
        return bytes;
    }

    private Assembler Put(Instruction instruction)
    {
        code.Add(instruction);
        return this;
    }
}
