namespace Savevm.Wire.Channels;

/// <summary>What a connection carries, told by its first bytes.</summary>
public enum ChannelKind
{
    /// <summary>Nothing that a QEMU sends first.</summary>
    Unknown,

    /// <summary>A main channel.</summary>
    Main,

    /// <summary>The main channel of a postcopy that is taken up again: it begins with a command.</summary>
    Recovery,

    /// <summary>A multifd channel.</summary>
    Multifd,

    /// <summary>The channel for pages that were asked for: it begins with a page record that names its block.</summary>
    Preempt,

    /// <summary>The channel that hands over a machine's descriptors on the same host. Not spoken here.</summary>
    Cpr,
}
