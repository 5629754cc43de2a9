using Savevm.Machine;
using Savevm.Migration.Live;
using Savevm.Migration.Metrics;
using Savevm.Migration.Pages.MappedRam;
using Savevm.Migration.Pages.Multifd;
using Savevm.Migration.Pages.Xbzrle;
using Savevm.Transport;
using Savevm.Wire.Dialects;

namespace Savevm.Migration.Pages;

/// <summary>Which form pages get, and which combinations cannot be.</summary>
internal static class RoundOutputChoice
{
    private const int MaxMultifdChannels = 255;

    /// <summary>Throws where what is wanted cannot be: before anything was written, and before the machine is tracked.</summary>
    /// <exception cref="MachineRefusedException">It cannot be; says why.</exception>
    public static void Demand(LiveMachine machine, ChannelSet channels, LiveOptions options)
    {
        if (FindRefusal(machine, channels, options) is { } refusal) throw new MachineRefusedException(refusal);
    }

    /// <summary>Opens the form that the options want. Nothing is written yet.</summary>
    public static IRoundOutput Open(LiveMachine machine, ChannelSet channels, LiveOptions options, MigrationStatistics statistics)
    {
        if (options.MappedRam) return new MappedRamRounds((IPositionedChannel)channels.Main, machine, statistics);
        var records = new PageRecordWriter(channels.Main, machine.Ram.Blocks, machine.Outline.RamSectionId, framed: true, statistics);
        if (channels.Multifd.Count > 0) return new MultifdRounds(machine, channels, options, records, statistics);
        return options.Xbzrle is { } xbzrle
            ? new XbzrleRounds(channels.Main, machine.Ram, xbzrle, records, statistics)
            : new PlainRounds(channels.Main, machine.Ram.OpenReader(), records);
    }

    private static string? FindRefusal(LiveMachine machine, ChannelSet channels, LiveOptions options)
    {
        var isMultifd = channels.Multifd.Count > 0;
        if (options.Postcopy && !channels.Main.IsBidirectional) return $"{channels.Main.Name} carries bytes in one direction only: pages cannot be asked for";
        if (channels.Preempt is not null && !options.Postcopy) return "a channel for requested pages is of no use without postcopy";
        if (options.SwitchoverAck && !channels.Main.IsBidirectional) return $"{channels.Main.Name} carries bytes in one direction only: nobody can agree to the switch-over";
        if (options.Multifd is not null && !isMultifd) return "multifd needs channels of its own, and there are none";
        if (channels.Multifd.Count > MaxMultifdChannels) return $"{channels.Multifd.Count} multifd channels; {MaxMultifdChannels} at most";
        if (isMultifd && options.Multifd?.Refusal() is { } refusal) return refusal;
        if (isMultifd && options.Xbzrle is not null) return "XBZRLE and multifd exclude each other: differences need the order of one channel";
        if (isMultifd && options.Postcopy && options.Dialect.MultifdFlush == MultifdFlushMode.EachSection)
            return "a destination that is kept in step at each section (QEMU before 8.1) fails in postcopy with multifd";
        if (options.Xbzrle is { } xbzrle && (xbzrle.CacheBytes < Machine.Ram.RamBlock.PageSize || !long.IsPow2(xbzrle.CacheBytes)))
            return $"the XBZRLE cache cannot have {xbzrle.CacheBytes} bytes: a power of two, {Machine.Ram.RamBlock.PageSize} at least";
        if (!options.MappedRam) return null;
        if (options.Postcopy) return "mapped-ram and postcopy exclude each other: a file asks for no pages";
        if (options.Xbzrle is not null) return "mapped-ram and XBZRLE exclude each other: a page lies in the file as it is";
        if (isMultifd) return "mapped-ram and multifd channels exclude each other here: the file is the only channel";
        if (channels.Main is not IPositionedChannel) return $"{channels.Main.Name} is no file: mapped-ram is written at many places";
        return machine.Outline.MachineName is null ? "a stream without configuration cannot say that it has mapped-ram" : null;
    }
}
