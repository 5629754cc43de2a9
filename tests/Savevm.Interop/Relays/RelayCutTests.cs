using System.Globalization;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Relays;

/// <summary>Postcopy through a relay whose connections are broken at random moments, on either side, and made anew: the guest loses nothing.</summary>
public sealed class RelayCutTests
{
    /// <summary>How many breaks there are in all; <c>SAVEVM_CUTS</c> says otherwise. Few: one in a hundred ends a QEMU 10.0.</summary>
    private static readonly int s_cuts = int.TryParse(Environment.GetEnvironmentVariable("SAVEVM_CUTS"), CultureInfo.InvariantCulture, out int cuts) ? cuts : 2;

    [Fact]
    public async Task WhatBreaksAgainAndAgainIsRecovered()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        int cut = 0;
        for (var random = new Random(11); cut < s_cuts;)
        {
            await using var workspace = new Workspace();
            RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Newest, "unix", "postcopy-ram");
            await pair.RelayAsync("unix", "--bandwidth", "16MiB/s");
            await pair.LimitAsync(4 << 20, 8 << 20);
            await pair.PostcopyAsync();

            // A QEMU source whose connection breaks before it has left its own switch fails and lets its guest run, though the destination's runs already.
            await Task.Delay(200, TestContext.Current.CancellationToken);
            while (cut < s_cuts)
            {
                await Task.Delay(random.Next(0, 120), TestContext.Current.CancellationToken);
                if (!await BreakAsync(pair, atSource: random.Next(2) == 0))
                {
                    break;
                }

                cut++;
                try
                {
                    await RecoverAsync(pair);
                }
                catch (IOException gone)
                {
                    throw new InvalidOperationException($"a QEMU is gone after {cut} breaks: source '{pair.Source.Process.Errors}', destination '{pair.Destination.Process.Errors}'", gone);
                }
            }

            await pair.ReportAsync();
            await pair.AssertArrivedAsync();
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{cut} breaks");
    }

    /// <summary>Breaks one side; false when there is nothing left to break.</summary>
    private static async Task<bool> BreakAsync(RelayPair pair, bool atSource)
    {
        try
        {
            await (atSource ? pair.Source.Monitor.ExecuteAsync("migrate-pause") : pair.Urgent.ExecuteAsync("migrate-pause", outOfBand: true));
            return true;
        }
        catch (QmpError)
        {
            // That side is done. The other may be too.
            return !atSource ? false : await BreakAsync(pair, atSource: false);
        }
    }

    /// <summary>Tells whoever has paused to go on, until nobody has.</summary>
    private static async Task RecoverAsync(RelayPair pair)
    {
        // A break needs a moment to be seen on both sides.
        int whole = 0;
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(60); !pair.Relay.HasExited; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            Assert.True(DateTime.UtcNow < end, $"source {await SourceAsync(pair)}, destination {Destination(pair)}; {pair.Relay.Errors}");
            bool isWhole = true;
            if (await SourceAsync(pair) is var source && source is not ("postcopy-active" or "completed"))
            {
                isWhole = false;
                if (source == "postcopy-paused")
                {
                    await TryAsync(() => pair.MigrateAsync(resume: true));
                }
            }

            if (Destination(pair) is var destination && destination is not ("postcopy-active" or "completed"))
            {
                isWhole = false;
                if (destination == "postcopy-paused")
                {
                    await TryAsync(pair.RecoverAsync);
                }
            }

            whole = isWhole ? whole + 1 : 0;
            if (whole == 8)
            {
                return;
            }
        }
    }

    private static async Task TryAsync(Func<Task> command)
    {
        try
        {
            await command();
        }
        catch (QmpError)
        {
            // Too early, or told already.
        }
    }

    private static async Task<string> SourceAsync(RelayPair pair) => (string)(await pair.Source.Monitor.ExecuteAsync("query-migrate"))!["status"]!;

    // By its events: its main loop may be waiting for a page.
    private static string Destination(RelayPair pair) => (string)pair.Urgent.Events.Last(happened => (string?)happened["event"] == "MIGRATION")["data"]!["status"]!;
}
