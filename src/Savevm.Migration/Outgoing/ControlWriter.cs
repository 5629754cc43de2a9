using Savevm.Migration.Metrics;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Migration.Outgoing;

/// <summary>Writes what is no page: composed in memory, written at once, counted.</summary>
internal sealed class ControlWriter(MigrationStatistics statistics)
{
    /// <summary>Composes and writes.</summary>
    /// <exception cref="PeerLostException">The destination does not read any more.</exception>
    public void Write(IByteChannel channel, Action<WireWriter> compose)
    {
        var output = new WireWriter();
        compose(output);
        Write(channel, output);
    }

    /// <summary>Writes what was composed.</summary>
    /// <exception cref="PeerLostException">The destination does not read any more.</exception>
    public void Write(IByteChannel channel, WireWriter output)
    {
        try
        {
            channel.Write(output.WrittenSpan);
        }
        catch (IOException broken)
        {
            throw new PeerLostException($"the destination stopped reading: {broken.Message}", broken);
        }
        statistics.AddStreamBytes(output.Length);
    }
}
