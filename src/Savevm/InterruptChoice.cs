namespace Savevm;

/// <summary>What happens to a guest whose RAM has not all arrived when its page server is interrupted.</summary>
public enum InterruptChoice
{
    /// <summary>The rest is fetched now, then the command ends.</summary>
    Fetch,

    /// <summary>The guest's QEMU is ended.</summary>
    Kill,

    /// <summary>The guest is left as it is: it waits where it needs RAM that it has not got, until somebody recovers it.</summary>
    Leave,
}
