using Savevm.Hosting.Ram;
using Savevm.Samples.Machine.Devices;
using Savevm.VMState.Attributes;

namespace Savevm.Samples.Machine.Processing;

/// <summary>Sixteen registers of 64 bits and a program counter. What a program cannot do, such as a load behind the end of RAM, halts it.</summary>
[VMState("sample-cpu", Version = 1)]
internal sealed partial class Processor(GuestMemory memory, IPortDevice[] devices)
{
    internal const int RegisterCount = 16;

    // The devices see time pass in steps of this many instructions.
    private const int InstructionsPerStep = 64;
    private const int StepsPerRun = 32;

    [VMStateArray(RegisterCount, Name = "registers")]
    private readonly ulong[] registers = new ulong[RegisterCount];

    [VMStateField(Name = "pc")]
    private ulong pc;

    [VMStateField(Name = "halted")]
    private bool isHalted;

    /// <summary>Executes for a few microseconds. Between two calls the machine may be stopped, saved and loaded.</summary>
    /// <returns>False: the processor has halted.</returns>
    public bool Run()
    {
        for (var step = 0; step < StepsPerRun && !isHalted; step++)
        {
            for (var count = 0; count < InstructionsPerStep && !isHalted; count++) Execute();
            foreach (var device in devices) device.Advance(InstructionsPerStep);
        }
        return !isHalted;
    }

    private void Execute()
    {
        if (!IsMemory(pc))
        {
            isHalted = true;
            return;
        }
        var instruction = Instruction.Decode(memory.ReadUInt64((long)pc));
        pc += Instruction.Bytes;
        ref var target = ref registers[instruction.Target % RegisterCount];
        var first = registers[instruction.First % RegisterCount];
        var second = registers[instruction.Second % RegisterCount];
        var number = (ulong)instruction.Number;
        switch (instruction.Opcode)
        {
            case Opcode.Set:
                target = number;
                break;
            case Opcode.Add:
                target = first + second;
                break;
            case Opcode.AddNumber:
                target = first + number;
                break;
            case Opcode.Multiply:
                target = first * second;
                break;
            case Opcode.Mask:
                target = first & number;
                break;
            case Opcode.Load when IsMemory(first + number):
                target = memory.ReadUInt64((long)(first + number));
                break;
            case Opcode.Store when IsMemory(first + number):
                memory.WriteUInt64((long)(first + number), second);
                break;
            case Opcode.BranchEqual:
                if (first == second) pc = number;
                break;
            case Opcode.BranchUnequal:
                if (first != second) pc = number;
                break;
            case Opcode.BranchBelow:
                if (first < second) pc = number;
                break;
            case Opcode.In when IsPort(number):
                target = devices[number / Ports.PerDevice].Read((int)(number % Ports.PerDevice));
                break;
            case Opcode.Out when IsPort(number):
                devices[number / Ports.PerDevice].Write((int)(number % Ports.PerDevice), first);
                break;
            default:
                isHalted = true;
                break;
        }
    }

    private bool IsMemory(ulong address) => address <= (ulong)(memory.Length - sizeof(ulong));

    private bool IsPort(ulong number) => number < (ulong)(devices.Length * Ports.PerDevice);
}
