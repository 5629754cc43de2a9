using Savevm.Machine.Ram;
using Savevm.Migration.Incoming;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Tests.Incoming;

/// <summary>
/// A source that says in postcopy what none may say. Before the machine runs here it is told so, and has the machine; afterwards the machine is held
/// here, and waits for a source that knows better.
/// </summary>
public sealed class HostilePostcopyTests
{
    private const ulong Page = RamBlock.PageSize;

    public static TheoryData<string, string> BeforeRun => new()
    {
        { "package of 2^32-1", "packaged stream of 4294967295 bytes" },
        { "package of 256 MiB and 1", "packaged stream of 268435457 bytes" },
        { "package of 0", "packaged stream of 0 bytes" },
        { "package without RUN", "without telling the machine to run" },
        { "package with pages", "a package holds device sections only" },
        { "package in a package", "Packaged cannot be taken here" },
        { "package cut within a device", "the stream ends within section" },
        { "LISTEN twice", "Listen is not allowed in phase Listening" },
        { "RUN before LISTEN", "Run is not allowed in phase Discarded" },
        { "discard in the package", "Discard is not allowed in phase Listening" },
        { "discard outside", "does not fit block 'pc.ram'" },
        { "discard of half a page", "discard of 0x800 bytes" },
        { "discard of an unknown block", "unknown RAM block 'pc.rom'" },
        { "RESUME", "Resume is not allowed in phase Discarded" },
        { "bitmap asked for", "Bitmap is not allowed in phase Discarded" },
    };

    [Theory]
    [MemberData(nameof(BeforeRun))]
    public void Before_the_machine_runs_it_stays_where_it_was(string what, string words)
    {
        var machine = TestMachine.Destination();
        var script = Advised();
        var offset = script.Bytes.Length;
        Add(script, what);
        var channel = new BytesChannel(script.Bytes);
        using var migration = new IncomingMigration(machine.AsDestination(), channel) { Recovery = (_, _) => throw new InvalidOperationException("it is asked for a connection") };

        var failure = Assert.Throws<WireException>(() => migration.Run(TestContext.Current.CancellationToken));

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Offset, offset, script.Bytes.Length);
        Assert.Empty(machine.Control.Calls);
        Assert.Equal(MigrationState.Failed, migration.State);
        // SHUT 1 is the last word.
        Assert.EndsWith("0001000400000001", Convert.ToHexStringLower(channel.Written), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> AfterRun => new()
    {
        { "discard", "Discard is not allowed in phase Running" },
        { "LISTEN", "Listen is not allowed in phase Running" },
        { "RUN", "Run is not allowed in phase Running" },
        { "package", "Package is not allowed in phase Running" },
        { "device", "Device is not allowed in phase Running" },
        { "RESUME", "Resume is not allowed in phase Running" },
        { "bitmap asked for", "Bitmap is not allowed in phase Running" },
        { "page outside", "page address 0x4000 lies outside block 'pc.ram'" },
        { "page of an unknown block", "unknown RAM block 'pc.rom'" },
        { "page twice", "page 0x1000 of block 'pc.ram' comes again" },
        { "page that was not discarded", "page 0x0 of block 'pc.ram' comes again" },
        { "difference", "a difference comes after the switch to postcopy" },
        { "end with a page missing", "the source ends, and page 0x2000 of block 'pc.ram' never came" },
        { "block list that changes", "changed its size" },
    };

    [Theory]
    [MemberData(nameof(AfterRun))]
    public void When_the_machine_runs_it_waits_here_for_a_source_that_knows_better(string what, string words)
    {
        var machine = TestMachine.Destination();
        var script = Running();
        var offset = script.Bytes.Length;
        Add(script, what);
        var channel = new BytesChannel(script.Bytes);
        Exception? told = null;
        var again = new BytesChannel(new SourceScript().AskBitmap("pc.ram").Command(CommandType.PostcopyResume)
            .Pages(SectionType.Part, [.. Missing(what)]).PostcopyEnd().Bytes);
        using var migration = new IncomingMigration(machine.AsDestination(), channel)
        {
            Recovery = (reason, _) =>
            {
                told = reason;
                return new ChannelSet(again);
            },
        };

        migration.Run(TestContext.Current.CancellationToken);

        var failure = Assert.IsType<WireException>(told);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.InRange(failure.Offset, offset, script.Bytes.Length);
        Assert.Equal(["start"], machine.Control.Calls);
        Assert.DoesNotContain("00010004", Convert.ToHexStringLower(channel.Written), StringComparison.Ordinal);
        // With an honest one all is as it should be.
        Assert.EndsWith("0001000400000000", Convert.ToHexStringLower(again.Written), StringComparison.Ordinal);
        Assert.Equal([9, 5, 5, 5], Enumerable.Range(0, 4).Select(page => machine.Ram.Content(0)[page * (int)Page]));
    }

    public static TheoryData<string, string> WhileRecovering => new()
    {
        { "bitmap of an unknown block", "unknown RAM block 'pc.rom'" },
        { "pages before RESUME", "LivePart is not allowed in phase Recovering" },
        { "header", "0x51 is no section type" },
        { "end", "EndOfFile is not allowed in phase Recovering" },
    };

    [Theory]
    [MemberData(nameof(WhileRecovering))]
    public void A_source_that_does_not_take_it_up_again_is_no_source(string what, string words)
    {
        var machine = TestMachine.Destination();
        var script = new SourceScript();
        _ = what switch
        {
            "bitmap of an unknown block" => script.AskBitmap("pc.rom"),
            "pages before RESUME" => script.AskBitmap("pc.ram").Pages(SectionType.Part, ("pc.ram", Page, 5)),
            "header" => script.Opening(),
            _ => script.Hex("00"),
        };
        var reasons = new List<Exception>();
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(Running().Bytes))
        {
            Recovery = (reason, _) =>
            {
                reasons.Add(reason);
                return reasons.Count == 1 ? new ChannelSet(new BytesChannel(script.Bytes)) : null;
            },
        };

        Assert.Throws<WireException>(() => migration.Run(TestContext.Current.CancellationToken));

        Assert.IsType<PeerLostException>(reasons[0]);
        Assert.Contains(words, Assert.IsType<WireException>(reasons[1]).Message, StringComparison.Ordinal);
        Assert.Equal(MigrationState.PostcopyPaused, migration.State);
        Assert.Equal(["start"], machine.Control.Calls);
    }

    /// <summary>What comes on the channel for requested pages.</summary>
    [Theory]
    [InlineData("0000000000001028", "before any block was named")]
    [InlineData("0000000000004008 06 70632e72616d", "page address 0x4000 lies outside block 'pc.ram'")]
    [InlineData("0000000000001008 06 70632e726f6d", "unknown RAM block 'pc.rom'")]
    [InlineData("0000000000000002 06 70632e72616d 00", "page 0x0 of block 'pc.ram' comes again")]
    [InlineData("0000000000001004", "a RAM record of kind MemorySize")]
    [InlineData("0000000000000200", "a RAM record of kind MultifdFlush")]
    [InlineData("", "the source ended the channel for requested pages")]
    public void Beside_the_main_channel_come_missing_pages_and_nothing_else(string hex, string words)
    {
        var machine = TestMachine.Destination();
        var (main, source) = ChannelPair.Create();
        using (source)
        {
            source.Write(Running().Bytes);
            var beside = new BytesChannel(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
            using var migration = new IncomingMigration(machine.AsDestination(), new ChannelSet(main, beside));

            var failure = Assert.ThrowsAny<Exception>(() => migration.Run(TestContext.Current.CancellationToken));

            Assert.Contains(words, failure.Message, StringComparison.Ordinal);
            Assert.Equal(MigrationState.PostcopyPaused, migration.State);
        }
    }

    /// <summary>The main channel has ended, and the page that was asked for last is still on its way beside it.</summary>
    [Fact]
    public async Task The_last_page_may_come_beside_a_main_channel_that_has_ended()
    {
        var machine = TestMachine.Destination();
        var ((main, source), (beside, urgent)) = (ChannelPair.Create(), ChannelPair.Create());
        using (source)
        using (urgent)
        {
            source.Write(Running().Pages(SectionType.Part, ("pc.ram", Page, 5), (null, 2 * Page, 5)).PostcopyEnd().Bytes);
            using var migration = new IncomingMigration(machine.AsDestination(), new ChannelSet(main, beside));
            var run = EngineThread.Run(() => migration.Run(CancellationToken.None));
            Assert.NotSame(run, await Task.WhenAny(run, Task.Delay(100, TestContext.Current.CancellationToken)));
            urgent.Write([.. Convert.FromHexString("00000000000030080670632e72616d"), .. Enumerable.Repeat((byte)5, (int)Page)]);
            Assert.Null(await run);
            Assert.Equal(MigrationState.Completed, migration.State);
            Assert.Equal(5, machine.Ram.Content(0)[3 * Page]);
        }
    }

    private static SourceScript Advised() => new SourceScript().Opening().ReturnPath().Advise().Blocks(("pc.ram", 4 * Page))
        .Pages(SectionType.Part, ("pc.ram", 0, 9)).Discard("pc.ram", Page, 3 * Page);

    private static SourceScript Running() => Advised().Package(Inner().Command(CommandType.PostcopyRun));

    private static SourceScript Inner() => new SourceScript().Command(CommandType.PostcopyListen).Device("cpu", 5, 1, 2);

    private static IEnumerable<(string?, ulong, byte?)> Missing(string what)
    {
        // All but what the hostile stream brought before it was found out.
        yield return ("pc.ram", 3 * Page, 5);
        if (what != "end with a page missing" && what != "page twice") yield return ("pc.ram", Page, 5);
        yield return ("pc.ram", 2 * Page, 5);
    }

    private static void Add(SourceScript script, string what)
    {
        _ = what switch
        {
            "package of 2^32-1" => script.Hex("08 0007 0004 ffffffff"),
            "package of 256 MiB and 1" => script.Hex("08 0007 0004 10000001"),
            "package of 0" => script.Hex("08 0007 0004 00000000"),
            "package without RUN" => script.Package(Inner()),
            "package with pages" => script.Package(Inner().Pages(SectionType.Part, ("pc.ram", Page, 5))),
            "package in a package" => script.Package(Inner().Package(Inner())),
            "package cut within a device" => script.Package(Inner().Hex("04 000000")),
            "LISTEN twice" => script.Package(Inner().Command(CommandType.PostcopyListen)),
            "RUN before LISTEN" => script.Package(new SourceScript().Command(CommandType.PostcopyRun)),
            "discard in the package" => script.Package(Inner().Discard("pc.ram", 0, Page)),
            "discard outside" => script.Discard("pc.ram", 0, 5 * Page),
            "discard of half a page" => script.Discard("pc.ram", 0, Page / 2),
            "discard of an unknown block" => script.Discard("pc.rom", 0, Page),
            "discard" => script.Discard("pc.ram", 0, Page),
            "LISTEN" => script.Command(CommandType.PostcopyListen),
            "RUN" => script.Command(CommandType.PostcopyRun),
            "RESUME" => script.Command(CommandType.PostcopyResume),
            "bitmap asked for" => script.AskBitmap("pc.ram"),
            "package" => script.Package(Inner()),
            "device" => script.Device("cpu", 5, 1),
            "page outside" => script.Pages(SectionType.Part, ("pc.ram", 4 * Page, 5)),
            "page of an unknown block" => script.Pages(SectionType.Part, ("pc.rom", 0, 5)),
            "page twice" => script.Pages(SectionType.Part, ("pc.ram", Page, 5), (null, Page, 6)),
            "page that was not discarded" => script.Pages(SectionType.Part, ("pc.ram", 0, 6)),
            "difference" => script.Hex("02 00000002 0000000000001040 06 70632e72616d 01 0003 00 01 07"),
            "end with a page missing" => script.Pages(SectionType.Part, ("pc.ram", Page, 5)).PostcopyEnd(),
            "block list that changes" => script.Hex("02 00000002 0000000000001004 06 70632e72616d 0000000000001000 0000000000000010"),
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, "no such defect"),
        };
    }
}
