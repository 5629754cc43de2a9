namespace Savevm.VMState.Saving;

/// <summary>Whose form the JSON description has. The bytes of sections are the same in all of them.</summary>
public enum DescriptionDialect
{
    /// <summary>QEMU 7.2 to 9.2: each element of an array that is not uniform has its number; null pointers look like empty elements.</summary>
    Qemu72,

    /// <summary>
    /// QEMU 10.0 to 11.0: the last element of such an array, or of a run of them, has no number; null pointers are a type of their own.
    /// </summary>
    Qemu100,

    /// <summary>
    /// QEMU 11.1: no element of such an array has a number, and null pointers are called <c>ptr-marker</c>, as are the marks before elements
    /// that are made when they are loaded.
    /// </summary>
    Qemu111,
}
