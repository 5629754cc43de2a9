using Savevm.Migration.Outgoing;
using Savevm.Migration.Pages;
using Savevm.Migration.ReturnPath;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Migration.Relay;

/// <summary>What becomes of the destination's connection when it breaks.</summary>
internal sealed partial class RelayDestination
{
    private static readonly TimeSpan RetryWait = TimeSpan.FromMilliseconds(300);

    private void Break(Exception broken)
    {
        var old = channels;
        old?.Abort();
        StopPushing();
        lock (requestGate)
        {
            lock (mainGate) Use(null);
        }
        old?.Dispose();
        if (!cancellation.IsCancellationRequested && !source.IsAway)
            options.Warn($"the destination's connection broke ({broken.Message}); it is waited for: tell it migrate-recover with the address that it had");
    }

    /// <summary>Connects until the destination takes it up again.</summary>
    private ReturnPathReader Reconnect(Exception broken)
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        string? told = null;
        while (true)
        {
            // A QEMU that has let go of a broken connection and does not call itself paused yet takes the next one for a second migration and dies of it. And
            // as long as the source is away nothing is asked of the destination: it stays paused, so that its owner sees what is wrong.
            do cancellation.WaitHandle.WaitOne(RetryWait);
            while (source.IsAway && !cancellation.IsCancellationRequested);
            cancellation.ThrowIfCancellationRequested();
            if (patience.Elapsed > options.WaitLimit) throw new PeerLostException($"the destination did not come back: {broken.Message}", broken);
            IByteChannel? main = null, preempt = null;
            try
            {
                main = plan.Connect(cancellation);
                using var abort = cancellation.UnsafeRegister(static channel => ((IByteChannel)channel!).Abort(), main);
                if (plan.IsPreemptEarly) preempt = plan.Connect(cancellation);
                var reader = new ReturnPathReader(main);
                var missing = RecoveryHandshake.Run(main, reader, plan.Blocks, new ControlWriter(statistics), () => preempt ??= plan.HasPreempt ? plan.Connect(cancellation) : null);
                Agree(new ChannelSet(main, preempt), missing);
                return reader;
            }
            catch (Exception failure) when (failure is IOException or WireException)
            {
                main?.Dispose();
                preempt?.Dispose();
                // One that is not there yet is waited for. One that is there and says what none may say is named, once.
                if (failure is WireException && failure.Message != told) options.Warn($"the destination does not come back: {told = failure.Message}");
            }
        }
    }

    private void Agree(ChannelSet next, PendingPages missing)
    {
        lock (requestGate)
        {
            lock (mainGate)
            {
                if (held.Rewind(missing) is > 0 and var lost)
                    throw new Machine.DamagedStateException("the destination", -1, $"lacks {lost} pages that it had received: it cannot be recovered from here");
                Use(next);
            }
        }
        lastNamed = -1;
        counters.AddRecovery();
        options.Note($"the destination is back and lacks {missing.Count} pages");
        StartPushing();
    }
}
