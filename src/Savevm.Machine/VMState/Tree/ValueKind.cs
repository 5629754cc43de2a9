namespace Savevm.Machine.VMState.Tree;

/// <summary>How the bytes of a node are to be read.</summary>
public enum ValueKind
{
    /// <summary>No value of its own: a structure, an array of structures, a container. Its children have the values.</summary>
    None,

    /// <summary>Numbers without sign.</summary>
    Number,

    /// <summary>Numbers with sign.</summary>
    SignedNumber,

    /// <summary>Bytes that are true when they are not zero.</summary>
    Bool,

    /// <summary>IEEE numbers of 64 bits.</summary>
    Real,

    /// <summary>Points of time in nanoseconds of a virtual clock; -1 is a timer that is not armed.</summary>
    Timer,

    /// <summary>Bytes without inner structure.</summary>
    Bytes,

    /// <summary>Bytes that mean nothing; QEMU writes zeros and ignores them.</summary>
    Unused,

    /// <summary>Big-endian words of 64 bits; bit i is bit i mod 64 of word i/64.</summary>
    Bitmap,

    /// <summary>One byte 0x30 that stands for a null pointer.</summary>
    NullPointer,

    /// <summary>A mark that says that a pointer's target follows.</summary>
    PointerMark,

    /// <summary>A name: a length byte and that many bytes.</summary>
    Text,

    /// <summary>Bytes of which nothing is known, or that did not parse as what they should be.</summary>
    Raw,
}
