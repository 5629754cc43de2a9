namespace Savevm.Samples.Machine.Processing;

/// <summary>
/// What the processor can do. An instruction is eight bytes: opcode, target, first and second register, and a number of 32 bits with sign.
/// </summary>
internal enum Opcode : byte
{
    /// <summary>Stands still for ever. 0, so that empty memory does.</summary>
    Halt,

    /// <summary>target = number</summary>
    Set,

    /// <summary>target = first + second</summary>
    Add,

    /// <summary>target = first + number</summary>
    AddNumber,

    /// <summary>target = first × second</summary>
    Multiply,

    /// <summary>target = first and number</summary>
    Mask,

    /// <summary>target = the eight bytes at first + number</summary>
    Load,

    /// <summary>The eight bytes at first + number = second</summary>
    Store,

    /// <summary>Goes to number if first = second.</summary>
    BranchEqual,

    /// <summary>Goes to number unless first = second.</summary>
    BranchUnequal,

    /// <summary>Goes to number if first is below second.</summary>
    BranchBelow,

    /// <summary>target = the port of that number</summary>
    In,

    /// <summary>The port of that number = first</summary>
    Out,
}
