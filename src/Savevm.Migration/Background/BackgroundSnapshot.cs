using Savevm.Machine;
using Savevm.Machine.VMState;
using Savevm.Migration.Metrics;
using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages;
using Savevm.Transport;
using Savevm.Wire.Dialects;

namespace Savevm.Migration.Background;

/// <summary>
/// Saves a machine as it is at one instant while it goes on: it stands still for its devices and for RAM to be frozen, then RAM is sent, pages that it
/// wants to write to first, and the devices behind it. The stream is QEMU's of a background snapshot: without an end of RAM
/// (<c>docs/wire-format.md</c>, 12).
/// </summary>
/// <remarks>Whatever happens the machine goes on as if nothing had. One snapshot per instance; <see cref="Run"/> blocks its thread.</remarks>
public sealed class BackgroundSnapshot(FreezableMachine machine, IByteChannel channel)
{
    private MigrationState state;

    /// <summary>Where it stands; any thread may read it.</summary>
    public MigrationState State
    {
        get => state;
        private set
        {
            state = value;
            StateChanged?.Invoke(value);
        }
    }

    /// <summary>Called on the engine's thread after every change of <see cref="State"/>.</summary>
    public Action<MigrationState>? StateChanged { get; init; }

    /// <summary>
    /// Pages go to fixed places of a file (mapped-ram), which has the length of all RAM, and holes where it is zero. The channel must be one with places.
    /// </summary>
    public bool MappedRam { get; init; }

    /// <summary>Counters; any thread may read them. The downtime is how long the machine stood still.</summary>
    public MigrationStatistics Statistics { get; } = new();

    /// <summary>Saves it. Returns when the last byte is written; to make it durable is the owner's of the channel.</summary>
    /// <exception cref="MachineRefusedException">RAM cannot be held, a device cannot be saved, or the channel has no places for mapped-ram.</exception>
    /// <exception cref="PeerLostException">The channel does not take any more.</exception>
    /// <exception cref="IOException">Content of the instant was lost.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        using var abort = cancellationToken.Register(channel.Abort);
        State = MigrationState.Setup;
        try
        {
            Save(cancellationToken);
            State = MigrationState.Completed;
        }
        catch (Exception failure)
        {
            // Who reads must not take what came for the whole.
            channel.Abort();
            State = cancellationToken.IsCancellationRequested ? MigrationState.Cancelled : MigrationState.Failed;
            if (cancellationToken.IsCancellationRequested) throw new OperationCanceledException("The snapshot was cancelled.", failure, cancellationToken);
            throw;
        }
        finally
        {
            // Before anything else: who still waits for a page goes on.
            machine.Ram.Dispose();
        }
    }

    private void Save(CancellationToken cancellationToken)
    {
        if (MappedRam && channel is not IPositionedChannel) throw new MachineRefusedException($"mapped-ram is written to a file; {channel.Name} is none");
        if (MappedRam && machine.Outline.MachineName is null) throw new MachineRefusedException("mapped-ram is announced with the machine's name, and there is none");
        machine.Ram.Prepare();
        var control = new ControlWriter(Statistics);
        var devices = TakeInstant(cancellationToken) with { RamSectionId = machine.Outline.RamSectionId };
        var blocks = machine.Ram.Blocks;
        Statistics.SetRamBytesTotal(blocks.Sum(block => block.UsedLength));
        var conversation = new ConversationWriter(devices, blocks, StreamDialect.Default)
        {
            HostPages = new HostPages(blocks, new Dictionary<string, long>()),
            Capabilities = MappedRam ? [CapabilityTable.MappedRam] : [],
        };
        using IInstantOutput pages = MappedRam
            ? new InstantPlaces((IPositionedChannel)channel, blocks, Statistics)
            : new InstantRecords(channel, blocks, devices.RamSectionId, Statistics);
        pages.Open(conversation, control);
        State = MigrationState.Active;
        while (machine.Ram.TryNext(out var first, out var run))
        {
            cancellationToken.ThrowIfCancellationRequested();
            pages.Add(first, run);
        }
        // All is copied: nobody need wait for the rest.
        machine.Ram.Dispose();
        pages.Complete(conversation, control);
        control.Write(channel, conversation.WriteDevices);
        control.Write(channel, conversation.WriteEnd);
    }

    private DeviceState TakeInstant(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var begun = TimeProvider.System.GetTimestamp();
        machine.Control.Stop();
        try
        {
            var devices = machine.Devices.Save();
            machine.Ram.Freeze();
            return devices;
        }
        finally
        {
            machine.Control.Start();
            Statistics.SetDowntime(TimeProvider.System.GetElapsedTime(begun));
        }
    }
}
