using System.Globalization;
using System.Text.Json.Nodes;
using Savevm.Hosting.Faults;
using Savevm.Interop.Lab;
using Savevm.Machine.Ram;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Migration.Live;
using Savevm.Transport;

namespace Savevm.Interop.Hosting;

/// <summary>
/// Postcopy between a machine of ours and a real QEMU whose connection breaks after some byte, again and again, and is recovered each time; also
/// while it is taken up again, where QEMU outlives that. <c>SAVEVM_CUTS</c> says how often in each test.
/// </summary>
public sealed class NoneMachineRecoveryTests
{
    private const int Mebibytes = 32;

    // RECV_BITMAP and its answer, with a bit for each page; POSTCOPY_RESUME and its answer.
    private const int HandshakeBytes = 9 + 24 + (Mebibytes * 32) + 5 + ResumeAckBytes, ResumeAckBytes = 8;

    private static readonly int Cuts = int.Parse(Environment.GetEnvironmentVariable("SAVEVM_CUTS") ?? "25", CultureInfo.InvariantCulture);

    /// <summary>QEMU, whether there is a channel for requested pages.</summary>
    public static TheoryData<string, bool> Qemus => new(from qemu in QemuLab.All from preempt in new[] { false, true } select (qemu.Name, preempt));

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task WhatBreaksOnTheWayToQemuIsRecovered(string name, bool preempt)
    {
        Assert.SkipUnless(QemuLab.UserfaultfdAllowed, "userfaultfd is kept from this user (vm.unprivileged_userfaultfd)");
        await using var workspace = new Workspace();
        using var machine = new NoneMachine(Mebibytes, writers: 2);
        machine.Fill(11);
        machine.Start();
        // With a channel for requested pages no release outlives that at the destination: its thread for that channel is woken, by this attempt or by what an
        // earlier one left in a semaphore, and reads from a channel that is closed or not yet there (postcopy_pause_incoming and
        // loadvm_postcopy_handle_resume in migration/savevm.c, postcopy_preempt_thread in migration/postcopy-ram.c; it crashes).
        bool isOld = preempt || !QemuLab.Named(name).OutlivesBreaksWhileRecovering;
        await using NoneQemu qemu = await NoneQemu.StartAsync(workspace, QemuLab.Named(name), Mebibytes, "-incoming", "defer");
        await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        await qemu.Monitor.SetCapabilityAsync("postcopy-preempt", preempt);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        await qemu.Monitor.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{path}" });
        int cuts = 0;
        var random = new Random(Cuts);
        var current = new BreakingChannel(ChannelAddress.Unix(path).Connect(TestContext.Current.CancellationToken));
        using var channels = new ChannelSet(current, preempt ? NoneMachineTests.Preempt(QemuLab.Named(name), path) : null);
        var options = new LiveOptions
        {
            Postcopy = true,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(-1), PostcopyAfterRounds = 1 },
            Recovery = (_, cancelled) =>
            {
                string next = Path.Combine(workspace.NewFolder("m"), "in");
                qemu.Monitor.MigrationStatusAsync("postcopy-paused").GetAwaiter().GetResult();
                qemu.Monitor.ExecuteAsync("migrate-recover", new JsonObject { ["uri"] = $"unix:{next}" }).GetAwaiter().GetResult();
                cuts++;
                current = new BreakingChannel(ChannelAddress.Unix(next).Connect(cancelled), isOld || cuts == Cuts ? long.MaxValue : Bytes(random));
                return new ChannelSet(current, preempt ? NoneMachineTests.Preempt(QemuLab.Named(name), next) : null);
            },
        };
        var migration = new LiveMigration(machine.AsLive(), channels, options)
        {
            StateChanged = state =>
            {
                if (state != MigrationState.PostcopyActive || cuts == Cuts)
                {
                    return;
                }

                // Before it runs, a break is the end of it: QEMU recovers running machines alone.
                while (cuts == 0 && qemu.Monitor.StatusAsync().GetAwaiter().GetResult() != "running")
                {
                    Thread.Sleep(2);
                }

                if (cuts == 0 || isOld)
                {
                    Thread.Sleep(preempt ? 20 : 0);
                    current.BreakAfter(Bytes(random));
                }
            },
        };
        await NoneMachineTests.RunAsync(() => migration.Run(TestContext.Current.CancellationToken), qemu);
        await qemu.Monitor.MigrationStatusAsync("completed");
        Assert.Equal(Cuts, cuts);
        Assert.Equal(NoneQemu.Digest(machine.Content()), NoneQemu.Digest(await qemu.RamAsync()));
        Assert.Equal((1, 1), (machine.Starts, machine.Stops));
    }

    [Theory]
    [MemberData(nameof(Qemus))]
    public async Task WhatBreaksOnTheWayFromQemuIsRecovered(string name, bool preempt)
    {
        Assert.SkipWhen(MissingPages.Refusal() is not null, MissingPages.Refusal() ?? "");
        await using var workspace = new Workspace();
        byte[] content = new byte[Mebibytes << 20];
        new Random(4).NextBytes(content.AsSpan(1 << 20, 24 << 20));
        bool isOld = !QemuLab.Named(name).OutlivesBreaksWhileRecovering;
        await using NoneQemu qemu = await NoneQemu.HoldingAsync(workspace, QemuLab.Named(name), content);
        using var machine = new NoneMachine(Mebibytes);
        using var faults = new MissingPages(machine.Ram);
        string path = Path.Combine(workspace.NewFolder("m"), "in");
        using IChannelListener listener = ChannelAddress.Unix(path).Listen();
        await qemu.Monitor.SetCapabilityAsync("postcopy-ram");
        await qemu.Monitor.SetCapabilityAsync("postcopy-preempt", preempt);
        await qemu.Monitor.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 4 << 20, ["max-postcopy-bandwidth"] = 64 << 20 });
        await qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}" });
        int cuts = 0;
        var random = new Random(Cuts + 1);
        var current = new BreakingChannel(listener.Accept(TestContext.Current.CancellationToken));
        using var channels = new ChannelSet(current, preempt ? ChannelReception.Later(listener) : null);
        using var incoming = new IncomingMigration(machine.AsDestination(faults), channels)
        {
            StateChanged = state =>
            {
                if (state == MigrationState.PostcopyActive && cuts < Cuts && (cuts == 0 || isOld))
                {
                    // What comes next is the word that we go on, which an old source must have heard.
                    current.BreakAfter(ResumeAckBytes + Bytes(random));
                }
            },
            Recovery = (_, cancelled) =>
            {
                qemu.Monitor.MigrationStatusAsync("postcopy-paused").GetAwaiter().GetResult();
                Thread.Sleep(isOld ? 30 : 0);
                qemu.Monitor.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{path}", ["resume"] = true }).GetAwaiter().GetResult();
                cuts++;
                ChannelSet next = ChannelReception.AcceptAgain(listener, preempt, cancelled);
                current = new BreakingChannel(next.Main, isOld || cuts == Cuts ? long.MaxValue : Bytes(random));
                // Now and then it is the other channel that breaks.
                bool isOther = preempt && cuts < Cuts && random.Next(4) == 0;
                return new ChannelSet(current, isOther ? new BreakingChannel(next.Preempt!, random.NextInt64(1, 20_000)) : next.Preempt);
            },
        };
        Task run = NoneMachineTests.RunAsync(() => incoming.Run(TestContext.Current.CancellationToken), qemu);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await qemu.Monitor.ExecuteAsync("migrate-start-postcopy");
        while (machine.Starts == 0 && !run.IsCompleted)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        // The machine reads from behind, and waits for what is missing through every break. Should the engine end, it waits for ever.
        byte[] read = new byte[content.Length];
        Task reading = Task.Factory.StartNew(
            () =>
            {
                for (int at = content.Length - RamBlock.PageSize; at >= 0; at -= RamBlock.PageSize)
                {
                    machine.Ram.Hosted[0].Memory.Read(at, read.AsSpan(at, RamBlock.PageSize));
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await run;
        }
        finally
        {
            // Nothing is missing any more, whatever there is instead: who reads ends before its memory goes.
            faults.Dispose();
            await reading;
        }

        Assert.Equal(Cuts, cuts);
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(read));
        Assert.Equal(NoneQemu.Digest(content), NoneQemu.Digest(machine.Content()));
        Assert.Equal(1, machine.Starts);
        await qemu.Monitor.MigrationStatusAsync("completed");
    }

    /// <summary>
    /// How many bytes pass before a break: all of them together are fewer than there are to send, and one break in three comes while both sides agree
    /// on what is missing.
    /// </summary>
    private static long Bytes(Random random) => random.NextInt64(1, random.Next(3) == 0 ? HandshakeBytes : (24L << 20) / Cuts);
}
