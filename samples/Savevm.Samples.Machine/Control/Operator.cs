using System.Globalization;
using Savevm.Migration.Live;
using Savevm.Transport;

namespace Savevm.Samples.Machine.Control;

/// <summary>
/// Obeys one line after the other. A migration runs beside it, so that it can be cancelled; when the machine is gone, or there are no more
/// lines, the program ends.
/// </summary>
internal sealed class Operator(SampleMachine machine, TextReader input, TextWriter messages) : IDisposable
{
    /// <summary>What can be said, for people.</summary>
    public const string Commands = "then lines: migrate ADDRESS | limit MEBIBYTES-PER-SECOND | cancel | quit";

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private CancellationTokenSource? cancel;
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
            var options = new LiveOptions
            {
                BandwidthBytesPerSecond = limit,
                Convergence = new ConvergenceOptions { AutoConverge = true },
            };
            var to = ChannelAddress.Parse(address);
            messages.WriteLine($"migrate: to {to}");
            var figures = machine.Send(to.Connect(cancellationToken), options, cancellationToken);
            messages.WriteLine($"migrate: completed after {figures.DirtySyncCount} rounds; the machine stood still for {figures.Downtime.TotalMilliseconds:f1} ms");
            ended.TrySetResult();
        }
        catch (Exception failure) when (Refusals.Explains(failure))
        {
            messages.WriteLine($"migrate: {failure.Message}");
        }
    }
}
