namespace Savevm.Machine.Ram.Xbzrle;

/// <summary>What a sender has to do with a page.</summary>
public enum XbzrleOutcome
{
    /// <summary>The other side's version is not known: send the page whole.</summary>
    Miss,

    /// <summary>The other side has it: send nothing.</summary>
    Unchanged,

    /// <summary>The difference is longer than the page: send the page whole.</summary>
    Overflow,

    /// <summary>Send the difference.</summary>
    Encoded,
}
