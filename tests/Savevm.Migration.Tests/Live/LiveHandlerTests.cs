using Savevm.Hosting.DirtyTracking;
using Savevm.Machine;
using Savevm.Migration.Live;
using Savevm.Migration.Tests.Doubles;
using Savevm.Wire;

namespace Savevm.Migration.Tests.Live;

/// <summary>Live sections beside RAM, any number, and the switch-over that somebody must agree to.</summary>
public sealed class LiveHandlerTests
{
    private static readonly LiveOptions Quick = new() { Convergence = new ConvergenceOptions { StopAfterRounds = 3, DowntimeLimit = TimeSpan.FromTicks(-1) } };

    [Fact]
    public async Task Sections_beside_ram_are_sent_in_parts_while_the_machine_runs_and_end_when_it_stands_still()
    {
        using var source = new WritingMachine(1, DirtyTrackerTable.Software);
        NumbersHandler[] handlers = [new("numbers", 5000) { Growth = 20 }, new("more", 40), new("nothing", 9) { IsActive = false }];
        NumbersLoader[] loaders = [new("more"), new("numbers"), new("nothing")];
        using var there = new Destination(source.Ram, loaders: loaders);
        using var conversation = new LiveConversation(source, there.Machine, Quick with { SwitchoverStart = true }, with: live => live with { Handlers = handlers });
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        there.AssertEquals(source);
        Assert.Equal(handlers[0].Numbers, loaders[1].Numbers);
        Assert.Equal(handlers[1].Numbers, loaders[0].Numbers);
        Assert.Empty(loaders[2].Numbers);
        Assert.InRange(handlers[0].Iterations, 3, 1000);
        Assert.InRange(handlers[0].LeftForTheEnd, 1, 5200);
        Assert.All(handlers, handler => Assert.Equal((1, 1), (handler.Prepared, handler.CleanedUp)));
        Assert.Equal([(1, 1, 1), (1, 1, 1), (0, 0, 0)], loaders.Select(loader => (loader.Begun, loader.CleanedUp, loader.Started)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task In_postcopy_a_section_ends_before_the_switch_or_goes_on_behind_it(bool canPostcopy)
    {
        using var source = new WritingMachine(2, DirtyTrackerTable.Software);
        var handler = new NumbersHandler("numbers", 3000) { CanPostcopy = canPostcopy, IsPostcopyOnly = canPostcopy };
        var loader = new NumbersLoader("numbers");
        var destination = TestMachine.Destination();
        var atStart = -1;
        var machine = destination.AsDestination() with { Loaders = [loader] };
        var options = Quick with { Postcopy = true, Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1), PostcopyAfterRounds = 2 } };
        using var conversation = new LiveConversation(source, machine, options, with: live => live with { Handlers = [handler] });
        source.Stopped = () => atStart = handler.LeftForTheEnd;
        // Also where the machine happens to write nothing for a while, and could be sent whole.
        conversation.Outgoing.StartPostcopy();
        // What can only travel before the switch must fit into the stop: it has been sent in the rounds.
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Contains(MigrationState.PostcopyActive, conversation.OutgoingStates);
        Assert.Equal(handler.Numbers, loader.Numbers);
        Assert.Equal(0, atStart);
        Assert.Equal(canPostcopy ? 3000 : 0, handler.LeftForTheEnd);
    }

    [Fact]
    public async Task A_switch_to_postcopy_waits_until_nothing_is_left_that_can_travel_before_only()
    {
        using var source = new WritingMachine(3, DirtyTrackerTable.Software);
        // Each round adds more than may be sent while the machine stands still.
        var handler = new NumbersHandler("numbers", 1000) { Growth = 4000 };
        var destination = TestMachine.Destination();
        var options = new LiveOptions
        {
            Postcopy = true,
            BandwidthBytesPerSecond = 100 << 20,
            Convergence = new ConvergenceOptions { DowntimeLimit = TimeSpan.FromTicks(1) },
        };
        using var conversation = new LiveConversation(
            source, destination.AsDestination() with { Loaders = [new NumbersLoader("numbers")] }, options, with: live => live with { Handlers = [handler] });
        conversation.Outgoing.StartPostcopy();
        var run = conversation.RunAsync();
        SpinWait.SpinUntil(() => handler.Iterations > 5, TimeSpan.FromSeconds(30));
        Assert.Equal(MigrationState.Active, conversation.Outgoing.State);
        handler.Growth = 0;
        var (outgoing, incoming) = await run;
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Contains(MigrationState.PostcopyActive, conversation.OutgoingStates);
    }

    [Fact]
    public async Task A_handler_that_cannot_be_sent_refuses_before_a_byte_is_written()
    {
        using var source = new WritingMachine(4, DirtyTrackerTable.Software);
        NumbersHandler[] handlers = [new("numbers", 1), new("stubborn", 1) { RefusesBecause = "its disk is shared" }, new("never", 1)];
        using var there = new Destination(source.Ram);
        using var conversation = new LiveConversation(source, there.Machine, Quick, with: live => live with { Handlers = handlers });
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Contains("its disk is shared", Assert.IsType<MachineRefusedException>(outgoing).Message, StringComparison.Ordinal);
        Assert.Contains("offset 0x0", Assert.IsType<PeerLostException>(incoming).Message, StringComparison.Ordinal);
        Assert.Equal([(1, 1), (1, 1), (0, 0)], handlers.Select(handler => (handler.Prepared, handler.CleanedUp)));
        Assert.True(source.IsWriting());
        Assert.Equal(0, conversation.Outgoing.Statistics.StreamBytes);
    }

    [Fact]
    public async Task A_section_that_nobody_takes_or_that_is_too_new_is_refused_by_name()
    {
        foreach (var (handler, expected) in new[]
        {
            (new NumbersHandler("strangers", 1), "live section 'strangers' 0 cannot be taken here"),
            (new NumbersHandler("numbers", 1) { Version = 3 }, "live section 'numbers' 0 has version 3, and this machine reads up to 2"),
        })
        {
            using var source = new WritingMachine(5, DirtyTrackerTable.Software);
            var loader = new NumbersLoader("numbers");
            using var there = new Destination(source.Ram, loaders: [loader]);
            using var conversation = new LiveConversation(source, there.Machine, Quick, with: live => live with { Handlers = [handler] });
            var (outgoing, incoming) = await conversation.RunAsync();
            Assert.NotNull(outgoing);
            Assert.True(incoming is WireException or MachineRefusedException);
            Assert.Contains(expected, incoming.Message, StringComparison.Ordinal);
            Assert.Equal(loader.Begun, loader.CleanedUp);
            Assert.True(source.IsWriting());
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(6)]
    public async Task The_machine_is_not_stopped_before_everybody_has_agreed(int? agreesAfter)
    {
        using var source = new WritingMachine(6, DirtyTrackerTable.Software);
        var loader = new NumbersLoader("numbers") { AgreesAfter = agreesAfter };
        using var there = new Destination(source.Ram, loaders: [loader]);
        var bodiesAtStop = -1;
        source.Stopped = () => bodiesAtStop = loader.Bodies;
        using var conversation = new LiveConversation(
            source, there.Machine, Quick with { SwitchoverAck = true, Convergence = new ConvergenceOptions { StopAfterRounds = 1 } },
            with: live => live with { Handlers = [new NumbersHandler("numbers", 10)] });
        var (outgoing, incoming) = await conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        there.AssertEquals(source);
        Assert.True(bodiesAtStop >= (agreesAfter ?? 0), $"{bodiesAtStop} bodies were read when the machine was stopped");
    }

    [Fact]
    public async Task A_destination_that_never_agrees_keeps_the_machine_running_until_it_is_cancelled()
    {
        using var source = new WritingMachine(7, DirtyTrackerTable.Software);
        using var there = new Destination(source.Ram, loaders: [new NumbersLoader("numbers") { AgreesAfter = 1_000_000 }]);
        using var conversation = new LiveConversation(
            source, there.Machine, Quick with { SwitchoverAck = true }, with: live => live with { Handlers = [new NumbersHandler("numbers", 10)] });
        conversation.Cancel.CancelAfter(400);
        var (outgoing, _) = await conversation.RunAsync();
        Assert.IsType<OperationCanceledException>(outgoing);
        Assert.Empty(source.Calls);
        Assert.True(conversation.Outgoing.Statistics.DirtySyncCount > 3);
    }
}
