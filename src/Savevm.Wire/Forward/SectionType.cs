namespace Savevm.Wire.Forward;

/// <summary>The byte that begins each element of the main stream.</summary>
public enum SectionType : byte
{
    /// <summary>End of the stream, or of a packaged stream.</summary>
    Eof = 0x00,

    /// <summary>Set-up of a live device.</summary>
    Start = 0x01,

    /// <summary>One portion of a live device.</summary>
    Part = 0x02,

    /// <summary>The last portion of a live device.</summary>
    End = 0x03,

    /// <summary>The whole state of an ordinary device.</summary>
    Full = 0x04,

    /// <summary>Only inside a body, never at top level.</summary>
    Subsection = 0x05,

    /// <summary>The JSON description, directly after <see cref="Eof"/>.</summary>
    VMDescription = 0x06,

    /// <summary>The configuration, directly after the header.</summary>
    Configuration = 0x07,

    /// <summary>A command.</summary>
    Command = 0x08,

    /// <summary>Closes a START, PART, END or FULL section.</summary>
    Footer = 0x7e,
}
