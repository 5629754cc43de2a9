namespace Savevm.VMState.Descriptions;

/// <summary>What a field is on the wire.</summary>
public enum VMStateFieldKind
{
    /// <summary>Signed, one byte.</summary>
    Int8,

    /// <summary>Signed, two bytes, big-endian.</summary>
    Int16,

    /// <summary>Signed, four bytes, big-endian.</summary>
    Int32,

    /// <summary>Signed, eight bytes, big-endian.</summary>
    Int64,

    /// <summary>Unsigned, one byte.</summary>
    UInt8,

    /// <summary>Unsigned, two bytes, big-endian.</summary>
    UInt16,

    /// <summary>Unsigned, four bytes, big-endian.</summary>
    UInt32,

    /// <summary>Unsigned, eight bytes, big-endian.</summary>
    UInt64,

    /// <summary>One byte: 0 or 1; every other value loads as true.</summary>
    Bool,

    /// <summary>One byte that must be what the device has already.</summary>
    UInt8Equal,

    /// <summary>Two bytes that must be what the device has already.</summary>
    UInt16Equal,

    /// <summary>Four signed bytes that must be what the device has already.</summary>
    Int32Equal,

    /// <summary>Four bytes that must be what the device has already.</summary>
    UInt32Equal,

    /// <summary>Eight bytes that must be what the device has already. QEMU calls this unsigned check <c>int64 equal</c>.</summary>
    UInt64Equal,

    /// <summary>Four signed bytes, not negative and not above what the device has already.</summary>
    Int32LessOrEqual,

    /// <summary>The bits of an IEEE 754 double, big-endian, under QEMU's older name.</summary>
    Float64,

    /// <summary>The bits of an IEEE 754 double: upper four bytes, lower four bytes, each big-endian.</summary>
    CpuDouble,

    /// <summary>When a timer fires, in nanoseconds as eight bytes; all ones when it is not armed.</summary>
    Timer,

    /// <summary>Bytes as they are; a fixed number, or one that an earlier field tells.</summary>
    Buffer,

    /// <summary>Bytes without meaning: zeros when saved, anything when loaded.</summary>
    Unused,

    /// <summary>Bits in words of eight bytes, big-endian; bit n is bit n mod 64 of word n / 64.</summary>
    Bitmap,

    /// <summary>A nested description; its own version is taken for granted, its subsections follow its fields.</summary>
    Struct,

    /// <summary>A nested description of a version that the field fixes.</summary>
    VersionedStruct,

    /// <summary>A nested description of values that exist only while they are saved or loaded.</summary>
    Temporary,

    /// <summary>A doubly linked queue: a byte 1 before each element, a byte 0 behind the last.</summary>
    TailQueue,

    /// <summary>A singly linked list, written as <see cref="TailQueue"/>.</summary>
    List,

    /// <summary>A tree: four bytes of count, then a byte 1, key and value of each, and a byte 0.</summary>
    Tree,

    /// <summary>A byte of length and that many bytes of text.</summary>
    CountedName,

    /// <summary>Four bytes of length and that many bytes.</summary>
    CountedBytes,

    /// <summary>A descriptor that travels beside the stream.</summary>
    Descriptor,

    /// <summary>What code of the device's own writes and reads.</summary>
    Custom,

    /// <summary>No bytes: a condition that the loaded state must meet.</summary>
    Validation,

    /// <summary>A null pointer: the byte 0x30. Only in descriptions that came from a stream.</summary>
    NullPointer,

    /// <summary>
    /// The byte 0x30 for a null pointer, or 0x31 before an element that is there. Only in descriptions that came from a stream of QEMU 11.1.
    /// </summary>
    PointerMark,

    /// <summary>A value of so many bytes. Only in descriptions that came from a dump.</summary>
    Unknown,
}
