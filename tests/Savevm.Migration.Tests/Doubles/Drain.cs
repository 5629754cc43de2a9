using Savevm.Transport;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>Reads all that comes on a channel, on a thread of its own.</summary>
internal sealed class Drain
{
    private readonly List<byte> bytes = [];
    private readonly int most;

    /// <summary>Begins to read.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="most">The most that is kept; all is counted.</param>
    public Drain(IByteChannel channel, int most = 1 << 20)
    {
        this.most = most;
        Ended = EngineThread.Run(() => Read(channel));
    }

    /// <summary>The peer ended its direction, or the connection broke.</summary>
    public Task<Exception?> Ended { get; }

    public long Count { get; private set; }

    public byte[] Bytes
    {
        get
        {
            lock (bytes) return [.. bytes];
        }
    }

    public string Hex => Convert.ToHexStringLower(Bytes);

    private void Read(IByteChannel channel)
    {
        var buffer = new byte[1 << 16];
        while (channel.Read(buffer) is > 0 and var count)
        {
            lock (bytes)
            {
                bytes.AddRange(buffer.AsSpan(0, Math.Min(count, most - bytes.Count)));
                Count += count;
            }
        }
    }
}
