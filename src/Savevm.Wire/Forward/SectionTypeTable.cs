namespace Savevm.Wire.Forward;

/// <summary>What can begin an element of the main stream.</summary>
public static class SectionTypeTable
{
    private static readonly SectionTypeRow[] Legal =
    [
        new(SectionType.Eof, "EOF", NamesDevice: false, HasFooter: false, IsTopLevel: true),
        new(SectionType.Start, "START", NamesDevice: true, HasFooter: true, IsTopLevel: true),
        new(SectionType.Part, "PART", NamesDevice: false, HasFooter: true, IsTopLevel: true),
        new(SectionType.End, "END", NamesDevice: false, HasFooter: true, IsTopLevel: true),
        new(SectionType.Full, "FULL", NamesDevice: true, HasFooter: true, IsTopLevel: true),
        new(SectionType.Subsection, "SUBSECTION", NamesDevice: false, HasFooter: false, IsTopLevel: false),
        new(SectionType.VMDescription, "VMDESCRIPTION", NamesDevice: false, HasFooter: false, IsTopLevel: false),
        new(SectionType.Configuration, "CONFIGURATION", NamesDevice: false, HasFooter: false, IsTopLevel: false),
        new(SectionType.Command, "COMMAND", NamesDevice: false, HasFooter: false, IsTopLevel: true),
        new(SectionType.Footer, "FOOTER", NamesDevice: false, HasFooter: false, IsTopLevel: false),
    ];

    /// <summary>All types, by their byte.</summary>
    public static IReadOnlyList<SectionTypeRow> Rows => Legal;

    /// <summary>The row of a type; null when there is no such type.</summary>
    public static SectionTypeRow? Find(SectionType type) => Array.Find(Legal, row => row.Type == type);
}
