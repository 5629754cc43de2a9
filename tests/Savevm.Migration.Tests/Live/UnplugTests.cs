using Savevm.Hosting.Devices;
using Savevm.Hosting.DirtyTracking;
using Savevm.Machine;
using Savevm.Migration.Live;
using Savevm.Migration.Tests.Doubles;
using Savevm.VMState.Descriptions;
using Savevm.VMState.Registries;

namespace Savevm.Migration.Tests.Live;

/// <summary>A pair of network cards, of which one belongs to the host and has to leave before the machine is sent.</summary>
public sealed class UnplugTests
{
    private readonly DeviceRegistry registry = new();
    private readonly DeviceRegistration primary, standby;
    private readonly List<string> told = [];

    public UnplugTests()
    {
        primary = registry.Add(new Card(), CardOf("host-card").Unmigratable("it is a card of this host").Build());
        standby = registry.Add(new Card(), CardOf("standby-card").Build());
    }

    [Fact]
    public async Task The_machine_is_sent_when_the_card_has_left()
    {
        FailoverPair? pair = null;
        pair = new FailoverPair(registry, primary)
        {
            Asked = () =>
            {
                told.Add("asked");
                _ = Task.Delay(150).ContinueWith(_ => pair!.Left(), TaskScheduler.Default);
            },
            Returned = () => told.Add("returned"),
        };
        using var run = new Run(this, pair, TimeSpan.FromSeconds(20));
        var (outgoing, incoming) = await run.Conversation.RunAsync();
        Assert.Null(outgoing);
        Assert.Null(incoming);
        Assert.Equal(
            [MigrationState.Setup, MigrationState.WaitUnplug, MigrationState.Active, MigrationState.Device, MigrationState.Completed], run.Conversation.OutgoingStates);
        Assert.Equal(["asked"], told);
        Assert.Equal([standby], registry.Devices);
        Assert.Equal(["standby-card"], run.Arrived);
    }

    [Fact]
    public async Task A_card_that_does_not_leave_in_time_keeps_the_machine_here()
    {
        var pair = new FailoverPair(registry, primary) { Asked = () => told.Add("asked"), Returned = () => told.Add("returned") };
        using var run = new Run(this, pair, TimeSpan.FromMilliseconds(300));
        var (outgoing, incoming) = await run.Conversation.RunAsync();
        Assert.Contains("has not left within", Assert.IsType<MachineRefusedException>(outgoing).Message, StringComparison.Ordinal);
        Assert.NotNull(incoming);
        AssertStayed(run);
    }

    [Fact]
    public async Task A_guest_that_refuses_says_why_and_keeps_its_card()
    {
        FailoverPair? pair = null;
        pair = new FailoverPair(registry, primary)
        {
            Asked = () =>
            {
                told.Add("asked");
                pair!.Refuse("the card is in use");
            },
            Returned = () => told.Add("returned"),
        };
        using var run = new Run(this, pair, TimeSpan.FromSeconds(20));
        var (outgoing, _) = await run.Conversation.RunAsync();
        Assert.EndsWith("does not leave: the card is in use", Assert.IsType<MachineRefusedException>(outgoing).Message, StringComparison.Ordinal);
        AssertStayed(run);
    }

    [Fact]
    public async Task A_migration_that_fails_later_brings_the_card_back()
    {
        FailoverPair? pair = null;
        pair = new FailoverPair(registry, primary)
        {
            Asked = () =>
            {
                told.Add("asked");
                pair!.Left();
            },
            Returned = () => told.Add("returned"),
        };
        using var run = new Run(this, pair, TimeSpan.FromSeconds(20), new LiveOptions { BeforeSwitchover = () => throw new IOException("no disk") });
        var (outgoing, _) = await run.Conversation.RunAsync();
        Assert.IsType<IOException>(outgoing);
        Assert.Equal(["asked", "returned"], told);
        Assert.Equal(2, registry.Devices.Count);
        Assert.Equal(["stop", "start"], run.Source.Calls);
    }

    [Fact]
    public void A_card_that_nobody_asks_to_leave_blocks_the_migration()
    {
        var devices = new HostedDevices("pair", registry);
        Assert.Contains("'host-card 0' cannot be migrated: it is a card of this host", Assert.Throws<MachineRefusedException>(() => devices.Outline).Message, StringComparison.Ordinal);
        Assert.Throws<MachineRefusedException>(() => new HostedDevices("pair", registry) { Leaving = [primary] }.Save());
    }

    private static VMStateBuilder<Card> CardOf(string name) => new VMStateBuilder<Card>(name, 1).Field("address", static (ref card) => ref card.Address);

    private void AssertStayed(Run run)
    {
        Assert.Equal(["asked", "returned"], told);
        Assert.Equal(2, registry.Devices.Count);
        Assert.Empty(run.Source.Calls);
        Assert.True(run.Source.IsWriting());
        Assert.Equal([MigrationState.Setup, MigrationState.WaitUnplug, MigrationState.Failed], run.Conversation.OutgoingStates);
    }

    private sealed class Card
    {
        public uint Address;
    }

    private sealed class Run : IDisposable
    {
        private readonly MemoryDevices taken = new();
        private readonly Hosting.Ram.GuestRam there;

        public Run(UnplugTests test, FailoverPair pair, TimeSpan timeout, LiveOptions? options = null)
        {
            Source = new WritingMachine(1, DirtyTrackerTable.Software);
            there = new Hosting.Ram.GuestRam([.. Source.Ram.Hosted.Select(block => block.Layout)]);
            var devices = new HostedDevices("pair", test.registry) { Leaving = [test.primary] };
            Conversation = new LiveConversation(
                Source, new DestinationMachine(there.OpenSink(), taken, new RecordingControl()), (options ?? new LiveOptions()) with { UnplugTimeout = timeout },
                with: live => live with { Outline = devices.Outline, Devices = devices, Unplug = pair });
        }

        public WritingMachine Source { get; }

        public LiveConversation Conversation { get; }

        public IEnumerable<string> Arrived => taken.State!.Sections.Select(section => section.IdStr);

        public void Dispose()
        {
            Conversation.Dispose();
            Source.Dispose();
            there.Dispose();
        }
    }
}
