namespace Savevm.Migration.Pages.Multifd;

/// <summary>The one counter of all packets on all channels.</summary>
internal sealed class PacketNumbers
{
    private long last = -1;

    /// <summary>The number of the next packet, from 0 on. Any thread.</summary>
    public ulong Next() => (ulong)Interlocked.Increment(ref last);
}
