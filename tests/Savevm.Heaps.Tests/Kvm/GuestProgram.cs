using System.Buffers.Binary;

namespace Savevm.Heaps.Tests.Kvm;

/// <summary>
/// A guest's program, in 32-bit code without paging: write number n puts n at the beginning and at the end of page <c>n * Step mod pages</c>, and notes it
/// in a word. So what memory holds is told by that word alone. After so many writes it leaves the processor, by a port.
/// </summary>
internal static class GuestProgram
{
    public const int CodeAddress = 0x100, NumberAddress = 0x800, DataAddress = 0x100000;
    public const int Step = 977;
    public const int PageSize = 4096;

    private const int WritesOfRun = 200;

    /// <summary>The code, for so many pages, a power of two. EBX is the address of the data; the others are zero.</summary>
    public static byte[] Assemble(int pages)
    {
        List<byte> code = [];
        code.Add(0xba); // mov edx, writes
        Word(code, WritesOfRun);
        var inner = code.Count;
        code.Add(0x40); // inc eax
        code.AddRange([0x81, 0xc1]); // add ecx, step
        Word(code, Step * PageSize);
        code.AddRange([0x81, 0xe1]); // and ecx, all
        Word(code, (pages * PageSize) - 1);
        code.AddRange([0x89, 0x04, 0x0b]); // mov [ebx + ecx], eax
        code.AddRange([0x89, 0x84, 0x0b]); // mov [ebx + ecx + end], eax
        Word(code, PageSize - sizeof(uint));
        code.Add(0xa3); // mov [number], eax
        Word(code, NumberAddress);
        code.Add(0x4a); // dec edx
        code.AddRange([0x75, (byte)(inner - (code.Count + 2))]); // jnz inner
        code.AddRange([0xe6, 0x10]); // out 0x10, al
        code.AddRange([0xeb, (byte)-(code.Count + 2)]); // jmp to the beginning
        return [.. code];
    }

    private static void Word(List<byte> code, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        code.AddRange(bytes);
    }
}
