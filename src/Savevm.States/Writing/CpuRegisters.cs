namespace Savevm.States.Writing;

/// <summary>The registers of an x86-64 processor that a memory dump has. Named as the processor's manual names them.</summary>
public sealed record CpuRegisters
{
    /// <summary>General purpose registers in the processor's numbering: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.</summary>
    public required IReadOnlyList<ulong> General { get; init; }

    /// <summary>Instruction pointer.</summary>
    public required ulong Rip { get; init; }

    /// <summary>Flags.</summary>
    public required ulong Rflags { get; init; }

    /// <summary>Code segment.</summary>
    public CpuSegment Cs { get; init; }

    /// <summary>Data segment.</summary>
    public CpuSegment Ds { get; init; }

    /// <summary>Extra segment.</summary>
    public CpuSegment Es { get; init; }

    /// <summary>The segment FS; its base is that of the thread in most systems.</summary>
    public CpuSegment Fs { get; init; }

    /// <summary>The segment GS.</summary>
    public CpuSegment Gs { get; init; }

    /// <summary>Stack segment.</summary>
    public CpuSegment Ss { get; init; }

    /// <summary>Local descriptor table.</summary>
    public CpuSegment Ldt { get; init; }

    /// <summary>Task register.</summary>
    public CpuSegment Tr { get; init; }

    /// <summary>Global descriptor table; only base and limit.</summary>
    public CpuSegment Gdt { get; init; }

    /// <summary>Interrupt descriptor table; only base and limit.</summary>
    public CpuSegment Idt { get; init; }

    /// <summary>Control registers 0 to 4; number 1 does not exist and is 0.</summary>
    public required IReadOnlyList<ulong> Control { get; init; }

    /// <summary>The base that <c>swapgs</c> exchanges with that of GS.</summary>
    public ulong KernelGsBase { get; init; }
}
