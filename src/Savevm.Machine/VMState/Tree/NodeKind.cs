namespace Savevm.Machine.VMState.Tree;

/// <summary>What a node of a decoded device is.</summary>
public enum NodeKind
{
    /// <summary>A field with a value of its own, or an array of such values.</summary>
    Value,

    /// <summary>A structure: its children are its fields and subsections.</summary>
    Struct,

    /// <summary>An array whose elements are nodes.</summary>
    Array,

    /// <summary>A queue, a list or a tree: its children are its elements.</summary>
    Container,

    /// <summary>A part of a structure that is there only when it is needed; it has a name and a version on the wire.</summary>
    Subsection,

    /// <summary>A value that QEMU writes by hand-made code, taken apart.</summary>
    Opaque,
}
