namespace Savevm;

/// <summary>What a lazy resume sends beside the pages that the guest asks for.</summary>
public enum Prefetch
{
    /// <summary>The working set before the guest runs, then everything, behind the requests, until the guest is whole.</summary>
    All,

    /// <summary>
    /// The working set before the guest runs, then only what it asks for. The page server stays for as long as the guest lives.
    /// </summary>
    WorkingSet,

    /// <summary>Nothing: only what the guest asks for. The page server stays for as long as the guest lives.</summary>
    None,
}
