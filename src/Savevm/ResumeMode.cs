namespace Savevm;

/// <summary>How a guest is brought back.</summary>
public enum ResumeMode
{
    /// <summary>Lazy where this host allows it, else clone, else full. A resumed guest's report never says auto.</summary>
    Auto,

    /// <summary>The guest runs at once; its RAM follows on demand over postcopy.</summary>
    Lazy,

    /// <summary>The RAM image is mapped copy-on-write and shared by all clones; no RAM in the stream.</summary>
    Clone,

    /// <summary>An ordinary incoming migration: all RAM, then the guest runs.</summary>
    Full,
}
