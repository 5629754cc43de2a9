using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Incoming;

/// <summary>What a stream begins with: the header, and most often the configuration of the machine that it comes from.</summary>
internal static class StreamOpening
{
    private const int HeadLimit = 1 << 20;

    /// <summary>Reads the header.</summary>
    public static void ReadHeader(ForwardWindow window)
    {
        int consumed;
        while (!ForwardReader.TryReadHeader(window.Unread, window.Offset, out consumed)) Need(window, HeadLimit);
        window.Consume(consumed);
    }

    /// <summary>Reads the configuration, and asks the machine whether it is one that can take this stream.</summary>
    /// <exception cref="MachineRefusedException">It is not.</exception>
    public static ConfigurationRecord ReadConfiguration(ForwardWindow window, IDeviceStateSink devices)
    {
        ConfigurationRecord? record;
        int consumed;
        while (!ForwardReader.TryReadConfiguration(window.Unread, window.Offset, out record, out consumed)) Need(window, WireLimits.MaxDescriptionBytes);
        if (record.TargetPageBits is { } bits && 1L << bits != RamBlock.PageSize)
            throw new MachineRefusedException($"the guest's pages are of {1L << bits} bytes; only {RamBlock.PageSize} are known");
        devices.AcceptConfiguration(record.MachineName, record.Subsections);
        window.Consume(consumed);
        return record;
    }

    private static void Need(ForwardWindow window, int limit)
    {
        if (!window.Fill(Math.Max(limit, HeadLimit))) throw new PeerLostException($"the stream ended at offset 0x{window.Offset:x}, before it told its machine");
    }
}
