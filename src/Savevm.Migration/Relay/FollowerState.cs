namespace Savevm.Migration.Relay;

/// <summary>How much a relay understands of the stream that it carries.</summary>
internal enum FollowerState
{
    /// <summary>Everything so far.</summary>
    Follows,

    /// <summary>The next bytes are the package with which postcopy begins.</summary>
    AtPackage,

    /// <summary>What comes cannot be told apart any more, or need not: from here on bytes are bytes.</summary>
    Blind,
}
