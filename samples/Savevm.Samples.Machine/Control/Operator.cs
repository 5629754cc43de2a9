using System.Globalization;
using Savevm.Migration.Live;
using Savevm.Transport;
using Savevm.Transport.Tls;

namespace Savevm.Samples.Machine.Control;

/// <summary>
/// Obeys one line after the other. A migration runs beside it, so that it can be cancelled; when the machine is gone, or there are no more
/// lines, the program ends.
/// </summary>
internal sealed class Operator(SampleMachine machine, string? certificates, TextReader input, TextWriter messages) : IDisposable
{
    /// <summary>What can be said, for people.</summary>
    public const string Commands = "then lines: migrate ADDRESS | limit MEBIBYTES-PER-SECOND | postcopy | cancel | quit";

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private CancellationTokenSource? cancel;
    private volatile LiveMigration? leaving;
    private long? bytesPerSecond;
    private Task migration = Task.CompletedTask;

    /// <summary>Returns the program's exit code when there is nothing left to do.</summary>
    public int Run()
    {
        var reader = new Thread(ReadLines) { Name = "operator", IsBackground = true };
        reader.Start();
        ended.Task.Wait();
        return 0;
    }

    // The reader may still be at its last line.
    public void Dispose()
    {
        lock (gate)
        {
            cancel?.Dispose();
            cancel = null;
        }
    }

    private void ReadLines()
    {
        while (input.ReadLine() is { } line && line != "quit")
        {
            // An address may be a command, and have blanks.
            switch (line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries))
            {
                case ["cancel"]:
                    Cancel();
                    break;
                case ["postcopy"]:
                    leaving?.StartPostcopy();
                    break;
                case ["migrate", var address]:
                    Migrate(address);
                    break;
                case ["limit", var rate] when int.TryParse(rate, CultureInfo.InvariantCulture, out var mebibytes) && mebibytes > 0:
                    bytesPerSecond = (long)mebibytes << 20;
                    break;
                default:
                    messages.WriteLine(Commands);
                    break;
            }
        }
        Cancel();
        migration.Wait();
        ended.TrySetResult();
    }

    private void Cancel()
    {
        lock (gate) cancel?.Cancel();
    }

    private void Migrate(string address)
    {
        if (!migration.IsCompleted)
        {
            messages.WriteLine("migrate: one is under way");
            return;
        }
        CancellationToken token;
        lock (gate)
        {
            cancel?.Dispose();
            cancel = new CancellationTokenSource();
            token = cancel.Token;
        }
        var limit = bytesPerSecond;
        migration = Task.Factory.StartNew(() => Send(address, limit, token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Send(string address, long? limit, CancellationToken cancellationToken)
    {
        try
        {
            var to = ChannelAddress.Parse(address);
            using var channels = new ChannelSet(Connect(to, cancellationToken));
            var options = new LiveOptions
            {
                // A destination that can ask for pages may be given the machine before it has all of them.
                Postcopy = channels.Main.IsBidirectional,
                BandwidthBytesPerSecond = limit,
                Convergence = new ConvergenceOptions { AutoConverge = true },
            };
            leaving = machine.Leave(channels, options);
            messages.WriteLine($"migrate: to {to}");
            leaving.Run(cancellationToken);
            var figures = leaving.Statistics;
            messages.WriteLine($"migrate: completed after {figures.DirtySyncCount} rounds; the machine stood still for {figures.Downtime.TotalMilliseconds:f1} ms");
            messages.WriteLine($"migrate: {figures.ThrottlePercent} % of its time was taken from it, and {figures.RequestsServed} pages were asked for");
            ended.TrySetResult();
        }
        catch (Exception failure) when (Refusals.Explains(failure))
        {
            messages.WriteLine($"migrate: {failure.Message}");
        }
    }

    private IByteChannel Connect(ChannelAddress to, CancellationToken cancellationToken)
    {
        if (certificates is null) return to.Connect(cancellationToken);
        using var credentials = TlsCredentials.Load(certificates, TlsEndpoint.Client);
        return TlsChannel.Open(to.Connect(cancellationToken), credentials, new TlsOptions { HostName = TlsOptions.HostOf(to) }, cancellationToken);
    }
}
