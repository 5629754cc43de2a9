namespace Savevm.States.Reading;

/// <summary>How the end of a device section was found, which the section itself does not tell.</summary>
public enum SectionCut
{
    /// <summary>By its footer: the only place where it can end.</summary>
    Footer,

    /// <summary>By its footer, which is one of several places where it can end: a guess.</summary>
    Ambiguous,

    /// <summary>By a description of the device from elsewhere: where footers are in doubt, or where there are none.</summary>
    Catalogue,

    /// <summary>By its footer, and the description behind the stream says the same.</summary>
    Confirmed,

    /// <summary>By the description behind the stream, against another footer that the body holds, or where there are no footers.</summary>
    Description,
}
