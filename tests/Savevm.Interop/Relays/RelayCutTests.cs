using System.Globalization;
using Savevm.Interop.Lab;

namespace Savevm.Interop.Relays;

/// <summary>
/// Postcopy through a relay whose connections are cut at random bytes, on either side and in either direction, in the pages as well as in what is said when a
/// side comes back: the guest loses nothing, and runs on one side only.
/// </summary>
public sealed class RelayCutTests
{
    private const long Slowly = 8 << 20, Margin = 4 << 20;

    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);


    /// <summary>How many cuts there are in all; <c>SAVEVM_CUTS</c> says otherwise.</summary>
    private static readonly int s_cuts = int.TryParse(Environment.GetEnvironmentVariable("SAVEVM_CUTS"), CultureInfo.InvariantCulture, out int cuts) ? cuts : 4;

    private static readonly int s_seed = int.TryParse(Environment.GetEnvironmentVariable("SAVEVM_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 11;

    private int _cuts;

    [Fact]
    public async Task WhatIsCutAgainAndAgainIsRecovered()
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        int guests = 0, lastWords = 0;
        for (var random = new Random(s_seed); _cuts < s_cuts; guests++)
        {
            await using var workspace = new Workspace();
            RelayPair pair = await RelayPair.StartAsync(workspace, QemuLab.Newest, "unix", "postcopy-ram");
            await pair.RelayBetweenProxiesAsync("--bandwidth", "16MiB/s");
            await pair.LimitAsync(Slowly, Slowly);
            await pair.PostcopyAsync();
            await LeftAsync(pair);
            int last = (await pair.Source.ReadAsync()).LastTick;
            try
            {
                while (_cuts < s_cuts && await CutAsync(pair, random) && await RecoverAsync(pair))
                {
                    Assert.NotEqual("running", await pair.Source.Monitor.StatusAsync());
                }

                lastWords += await EndAsync(pair) ? 0 : 1;
            }
            catch (IOException gone)
            {
                throw new InvalidOperationException($"a QEMU is gone after {_cuts} cuts: {await EndAsync(pair.Source)}, {await EndAsync(pair.Destination)}", gone);
            }

            await pair.AssertArrivedAsync();
            Assert.Equal(last, pair.Source.Log.LastTick);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{_cuts} cuts, {guests} guests, {lastWords} last words lost");
    }

    /// <summary>
    /// Waits until the source is behind its switch. A QEMU whose connection breaks before it has come out of that fails and lets its guest run, though the
    /// destination's runs already; what it sends behind the package it sends afterwards.
    /// </summary>
    private static async Task LeftAsync(RelayPair pair)
    {
        for (long begin = pair.AtSource!.Forwarded; pair.AtSource.Forwarded < begin + (1 << 17); await Task.Delay(2, TestContext.Current.CancellationToken))
        {
            Assert.False(pair.Relay.HasExited, pair.Relay.Errors);
        }
    }

    /// <summary>Cuts one connection somewhere, and perhaps another one where it is made anew; false when there is nothing left to cut.</summary>
    private async Task<bool> CutAsync(RelayPair pair, Random random)
    {
        // A QEMU that has sent everything and loses the connection before it is told that all has come fails, and lets its guest run on two sides: no
        // relay can help it then.
        bool atSource = await RemainingAsync(pair) > Margin && random.Next(2) == 0, forward = random.Next(3) > 0;
        BreakingProxy proxy = atSource ? pair.AtSource! : pair.AtDestination!;
        int before = proxy.Breaks;
        proxy.BreakAfter(forward ? random.Next(0, random.Next(2) == 0 ? 200 : 1 << 20) : random.Next(0, 64), forward);
        for (DateTime end = DateTime.UtcNow + Silence; proxy.Breaks == before; await Task.Delay(2, TestContext.Current.CancellationToken))
        {
            if (pair.Relay.HasExited)
            {
                return false;
            }

            if (DateTime.UtcNow > end && !proxy.Break())
            {
                // It has just been broken where it came back.
                return true;
            }
        }

        _cuts++;
        if (random.Next(2) == 0)
        {
            // Which blocks there are takes about 200 bytes to ask for, which of their pages are there about 3,000 to answer.
            BreakingProxy next = await RemainingAsync(pair) > Margin && random.Next(2) == 0 ? pair.AtSource! : pair.AtDestination!;
            bool again = random.Next(2) == 0;
            next.BreakAfter(random.Next(0, again ? 250 : 3500), again);
        }

        return true;
    }

    /// <summary>Tells whoever has paused to go on, until nobody has; false when all is over.</summary>
    private async Task<bool> RecoverAsync(RelayPair pair)
    {
        int before = pair.AtSource!.Breaks + pair.AtDestination!.Breaks, whole = 0;
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(60); whole < 8; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            if (pair.Relay.HasExited || Destination(pair) == "completed")
            {
                return false;
            }

            Assert.True(DateTime.UtcNow < end, $"source {await SourceAsync(pair)}, destination {Destination(pair)}; {pair.Relay.Errors}");
            whole++;
            if (await SourceAsync(pair) is var source && source is not ("postcopy-active" or "completed"))
            {
                whole = 0;
                if (source == "postcopy-paused")
                {
                    await TryAsync(() => pair.MigrateAsync(resume: true));
                }
            }

            if (Destination(pair) is var destination && destination != "postcopy-active")
            {
                whole = 0;
                if (destination == "postcopy-paused")
                {
                    await TryAsync(pair.RecoverAsync);
                }
            }
        }

        pair.AtSource.Spare();
        pair.AtDestination.Spare();
        _cuts += pair.AtSource.Breaks + pair.AtDestination.Breaks - before;
        return true;
    }

    /// <summary>
    /// Sees how it ends. Where the cut took the destination's last word, the destination has everything and nobody can know it: the relay waits until it is
    /// told to end. False then.
    /// </summary>
    private async Task<bool> EndAsync(RelayPair pair)
    {
        pair.AtSource!.Spare();
        pair.AtDestination!.Spare();
        for (DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(60); Destination(pair) != "completed"; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            Assert.True(DateTime.UtcNow < end, $"source {await SourceAsync(pair)}, destination {Destination(pair)}; {pair.Relay.Errors}");
            await RecoverAsync(pair);
        }

        await Task.WhenAny(pair.Relay.ExitAsync(), Task.Delay(3000, TestContext.Current.CancellationToken));
        if (pair.Relay.HasExited)
        {
            await pair.ReportAsync();
            return true;
        }

        pair.Relay.Signal(2);
        (await SavevmCommand.ResultAsync(pair.Relay)).Expect(20);
        return false;
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

    /// <summary>Bytes that the source has still to send.</summary>
    private static async Task<long> RemainingAsync(RelayPair pair) =>
        (await pair.Source.Monitor.ExecuteAsync("query-migrate"))! is var report && (string)report["status"]! != "completed" ? (long)report["ram"]!["remaining"]! : 0;

    // By its events: its main loop may be waiting for a page.
    private static string Destination(RelayPair pair) => pair.Destination.Process.HasExited
        ? throw new IOException("the destination ended")
        : (string)pair.Urgent.Events.Last(happened => (string?)happened["event"] == "MIGRATION")["data"]!["status"]!;

    private static async Task<string> EndAsync(LabGuest guest)
    {
        await Task.Delay(2000, TestContext.Current.CancellationToken);
        return guest.Process.HasExited ? $"ended with {await guest.Process.ExitAsync()}: '{guest.Process.Errors}'" : $"lives: '{guest.Process.Errors}'";
    }
}
