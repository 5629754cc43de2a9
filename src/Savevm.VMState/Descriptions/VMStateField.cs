namespace Savevm.VMState.Descriptions;

/// <summary>
/// One field of a description: what it is called, what it is on the wire, how many there are and when it is there. Immutable; any
/// thread may use it. How it reaches into a device is the business of <see cref="VMStateField{TDevice}"/>.
/// </summary>
public abstract class VMStateField
{
    private protected VMStateField(string name, VMStateFieldKind kind)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        UniqueName = name;
        Kind = kind;
        TypeName = VMStateFieldKindTable.Of(kind).TypeName;
        ElementBytes = VMStateFieldKindTable.Of(kind).Bytes;
    }

    /// <summary>Name, as QEMU has it an expression such as <c>env.regs</c>. Several fields of a description may share one.</summary>
    public string Name { get; }

    /// <summary>The name with a number in brackets where several fields share it, as QEMU's description has it.</summary>
    public string UniqueName { get; private set; }

    /// <summary>What it is on the wire.</summary>
    public VMStateFieldKind Kind { get; }

    /// <summary>QEMU's name for the kind, or the own name of a field of custom code.</summary>
    public string TypeName { get; private protected init; }

    /// <summary>Bytes of one element; 0 where the number depends on the state.</summary>
    public int ElementBytes { get; private protected init; }

    /// <summary>Fixed number of elements; 1 for what is no array, 0 where <see cref="CountField"/> tells it.</summary>
    public int FixedCount { get; private protected init; } = 1;

    /// <summary>The field is an array, fixed or variable.</summary>
    public bool IsArray { get; private protected init; }

    /// <summary>The earlier field that holds the number of elements, or of bytes of a buffer; null where the number is fixed.</summary>
    public string? CountField { get; private protected init; }

    /// <summary>An element may be a null pointer.</summary>
    public bool IsPointerArray { get; private protected init; }

    /// <summary>A mark stands before each element of an array of pointers, so that they are made when they are loaded.</summary>
    public bool IsMarked { get; private protected init; }

    /// <summary>First version of the description that has this field.</summary>
    public uint FromVersion { get; private protected init; }

    /// <summary>A test of the device decides whether the field is there; the version alone does not.</summary>
    public bool IsConditional { get; private protected init; }

    /// <summary>The description of what is nested in it, of a tree that of the values; else null.</summary>
    public VMStateDescription? Nested { get; private protected init; }

    /// <summary>The description of a tree's keys; null where keys are numbers of 64 bits.</summary>
    public VMStateDescription? NestedKey { get; private protected init; }

    /// <summary>
    /// QEMU describes an array of these once with its length, not element by element: nothing in it can be there in one element and
    /// missing in another.
    /// </summary>
    public bool IsUniform => !IsConditional && !IsMarked && (Kind != VMStateFieldKind.Struct || Nested is null or { IsUniform: true });

    /// <summary>The name came from a description, so that it has its number if it needs one.</summary>
    private protected virtual bool KeepsName => false;

    internal void SetUniqueName(string name) => UniqueName = KeepsName ? Name : name;
}
