namespace Savevm.Wire.Forward;

/// <summary>One section type of the table.</summary>
/// <param name="Type">The byte.</param>
/// <param name="Name">QEMU's name for it.</param>
/// <param name="NamesDevice">idstr, instance id and version follow the section id.</param>
/// <param name="HasFooter">A footer ends it, where the dialect has footers.</param>
/// <param name="IsTopLevel">It may stand anywhere between two sections.</param>
public sealed record SectionTypeRow(SectionType Type, string Name, bool NamesDevice, bool HasFooter, bool IsTopLevel);
