using Savevm.Machine.Ram;
using Savevm.Migration.Relay;
using Savevm.Migration.Tests.Doubles;
using Savevm.Migration.Tests.Incoming;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Tests.Relay;

/// <summary>A source that says to a relay what none may say, and strangers that come in its place: it is named with its offset, takes little memory, and nothing hangs.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class HostileSourceTests
{
    private const ulong Page = RamBlock.PageSize;
    private const string Name = "06 70632e72616d", Mark = "0123456789abcdef";

    /// <summary>What a source says before the switch that the relay does not follow: it carries the bytes as they are, and it is for the destination to judge.</summary>
    public static TheoryData<string, string> BeforeTheSwitch => new()
    {
        { "package of 2^32-1", "packaged stream of 4294967295 bytes" },
        { "package before a discard", "a package comes where none was expected" },
        { "discard outside", "does not fit block 'pc.ram'" },
        { "discard of an unknown block", "discard in the unknown block 'pc.rom'" },
        { "page outside", "page 0x4000 of no block" },
        { "page of an unknown block", "page 0x0 of no block" },
        { "listen", "the command PostcopyListen is not followed" },
        { "garbage", "the stream cannot be followed" },
        { "64 TiB", "so much RAM is not kept account of within --keep" },
    };

    [Theory]
    [MemberData(nameof(BeforeTheSwitch))]
    public async Task WhatIsNotFollowedIsCarriedAsItIs(string what, string words)
    {
        var script = what == "64 TiB"
            ? new SourceScript().Opening().ReturnPath().Advise().Blocks(("pc.ram", (1UL << 46) - Page)).Discard("pc.ram", 0, Page)
            : new SourceScript().Opening().ReturnPath().Advise().Blocks(("pc.ram", 4 * Page));
        _ = what switch
        {
            "package of 2^32-1" => script.Discard("pc.ram", 0, Page).Hex("08 0007 0004 ffffffff"),
            "package before a discard" => script.Package(new SourceScript().Command(CommandType.PostcopyListen)),
            "discard outside" => script.Discard("pc.ram", 0, 5 * Page),
            "discard of an unknown block" => script.Discard("pc.rom", 0, Page),
            "page outside" => script.Pages(SectionType.Part, ("pc.ram", 4 * Page, 5)),
            "page of an unknown block" => script.Pages(SectionType.Part, ("pc.rom", 0, 5)),
            "listen" => script.Command(CommandType.PostcopyListen),
            "garbage" => script.Hex("fffefdfcfbfaf9f8"),
            _ => script,
        };
        script.Hex(string.Concat(Enumerable.Repeat("00", 300)));
        using var stage = new RelayStage();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var source = stage.ComeToRelay();
        var there = new Drain(stage.NextAtDestination());
        source.Write(script.Bytes);
        stage.UntilSaid(words);
        stage.Until(() => there.Count == script.Bytes.Length, "all is carried");
        Assert.Equal(script.Bytes, there.Bytes);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
        source.CloseWrite();
        stage.Until(() => there.Ended.IsCompleted, "the end is carried");
        Assert.IsType<OperationCanceledException>(await stage.StopAsync(), exactMatch: false);
    }

    /// <summary>What a source says after the switch that none may say: that connection is over, both sides pause, nothing is lost.</summary>
    public static TheoryData<string, string> AfterTheSwitch => new()
    {
        { "page outside", "page address 0x4000 lies outside block 'pc.ram'" },
        { "page of an unknown block", "a page of the unknown RAM block 'pc.rom'" },
        { "page before a name", "continues a block before any block was named" },
        { "difference", "a RAM record of kind Xbzrle" },
        { "block list", "a RAM record of kind MemorySize" },
        { "discard", "command PostcopyRamDiscard after the switch" },
        { "listen", "command PostcopyListen after the switch" },
        { "run", "command PostcopyRun after the switch" },
        { "package", "command Packaged after the switch" },
        { "package of 2^32-1", "packaged stream of 4294967295 bytes" },
        { "ping of the relay's own", "command Ping after the switch" },
        { "bitmap of an unknown block", "unknown RAM block 'pc.rom'" },
        { "device", "section type 0x04 after the switch" },
        { "other section", "section 9 after the switch" },
        { "other footer", "footer of section 3" },
        { "garbage", "section type 0xff after the switch" },
        { "end without the pages", "the source ended without 3 pages" },
    };

    [Theory]
    [MemberData(nameof(AfterTheSwitch))]
    public async Task ASourceThatGoesAstrayAfterTheSwitchIsNoSourceAnyMore(string what, string words)
    {
        using var stage = new RelayStage();
        var (source, back, _) = RelayScript.Switched(stage, out var script);
        var offset = script.Bytes.Length;
        var more = new SourceScript();
        _ = what switch
        {
            "page outside" => more.Pages(SectionType.Part, ("pc.ram", 4 * Page, 5)),
            "page of an unknown block" => more.Pages(SectionType.Part, ("pc.rom", 0, 5)),
            "page before a name" => more.Hex("02 00000002 0000000000001028"),
            "difference" => more.Hex($"02 00000002 0000000000001040 {Name} 01 0003 00 01 07"),
            "block list" => more.Hex($"02 00000002 0000000000001004 {Name} 0000000000001000 0000000000000010"),
            "discard" => more.Discard("pc.ram", 0, Page),
            "listen" => more.Command(CommandType.PostcopyListen),
            "run" => more.Command(CommandType.PostcopyRun),
            "package" => more.Package(new SourceScript().Command(CommandType.PostcopyRun)),
            "package of 2^32-1" => more.Hex("08 0007 0004 ffffffff"),
            "ping of the relay's own" => more.Hex("08 0002 0004 53560001"),
            "bitmap of an unknown block" => more.AskBitmap("pc.rom"),
            "device" => more.Device("cpu", 5, 1),
            "other section" => more.Hex("02 00000009"),
            "other footer" => more.Hex("02 00000002 0000000000000010 7e 00000003"),
            "garbage" => more.Hex("ffffffff"),
            _ => more.PostcopyEnd(),
        };
        source.Write(more.Bytes);
        stage.UntilSaid(words);
        Assert.Matches("stream offset 0x([0-9a-f]+)", stage.Said);
        var at = Convert.ToInt64(System.Text.RegularExpressions.Regex.Match(stage.Said, "stream offset 0x([0-9a-f]+)").Groups[1].Value, 16);
        Assert.InRange(at, offset, offset + more.Bytes.Length);
        Assert.Null(await back.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal(MigrationState.PostcopyPaused, stage.Relay.State);
        var interrupted = Assert.IsType<RelayInterruptedException>(await stage.StopAsync());
        Assert.Equal(3, interrupted.Standing.MissingPages);
        Assert.DoesNotContain("0001000400000000", back.Hex, StringComparison.Ordinal);
        Assert.DoesNotContain("not needed", stage.Said, StringComparison.Ordinal);
    }

    /// <summary>Pages twice, pages that the destination has: none of them goes on, and the word is said when the last has come and not before.</summary>
    [Fact]
    public async Task PagesThatAreNotDueAreDropped()
    {
        using var stage = new RelayStage();
        var (source, back, there) = RelayScript.Switched(stage, out _);
        var twice = new SourceScript();
        for (var again = 0; again < 2000; again++) twice.Pages(SectionType.Part, ("pc.ram", Page, (byte)(again == 0 ? 11 : 6)), (null, 0, 7));
        source.Write(twice.Bytes);
        source.Write(new SourceScript().Pages(SectionType.Part, (null, 2 * Page, 12)).Bytes);
        stage.Until(() => there.Count(Page) == 1 && there.Count(2 * Page) == 1, "the pages go on");
        Assert.DoesNotContain("not needed", stage.Said, StringComparison.Ordinal);
        source.Write(new SourceScript().Pages(SectionType.Part, (null, 3 * Page, 13)).PostcopyEnd().Bytes);
        stage.UntilSaid("the source is not needed");
        stage.Until(() => there.Ends, "the end goes on");
        Assert.Equal([0, 1, 1, 1], Enumerable.Range(0, 4).Select(page => there.Count((ulong)page * Page)));
        Assert.Equal([11, 12, 13], Enumerable.Range(1, 3).Select(page => there.Content((ulong)page * Page)));
        there.Say("0001 0004 00000000");
        source.Abort();
        Assert.Null(await stage.EndAsync());
        Assert.True(stage.Result!.HasShut);
        Assert.EndsWith("0001000400000000", back.Hex, StringComparison.Ordinal);
    }

    /// <summary>Strangers that connect and say nothing, and more of them than there is room for: the source comes back all the same.</summary>
    [Fact]
    public async Task StrangersDoNotKeepTheSourceOut()
    {
        using var stage = new RelayStage();
        var (source, _, there) = RelayScript.Switched(stage, out _);
        var strangers = Enumerable.Range(0, 200).Select(_ => new Drain(stage.ComeToRelay())).ToList();
        stage.Until(() => strangers.Count(stranger => !stranger.Ended.IsCompleted) <= LateConnections.MostAtOnce, "most of them are sent away");
        stage.ComeToRelay().Write([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 9, 9, 9]);
        stage.UntilSaid("a connection was refused that has no place in this migration");
        source.Abort();
        stage.UntilSaid("the source's connection broke");
        var back = stage.ComeToRelay();
        back.Write(new SourceScript().AskBitmap("pc.ram").Command(CommandType.PostcopyResume).Bytes);
        stage.UntilSaid("the source is back");
        var answers = new Drain(back);
        // Of four pages it has the first.
        stage.Until(() => answers.Hex.StartsWith($"0005 0007 {Name} 0000000000000008 0100000000000000 {Mark} 0006 0004 00000001".Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal), "it is answered");
        there.Break();
        var again = new RelayedDestination(stage.NextAtDestination());
        again.Say($"0005 0007 {Name} 0000000000000008 0100000000000000 {Mark} 0006 0004 00000001");
        back.Write(new SourceScript().Pages(SectionType.Part, ("pc.ram", Page, 5), (null, 2 * Page, 5), (null, 3 * Page, 5)).PostcopyEnd().Bytes);
        stage.Until(() => again.Ends, "the end goes on");
        again.Say("0001 0004 00000000");
        back.Abort();
        Assert.Null(await stage.EndAsync());
        Assert.Equal(2, stage.Relay.Counters.Recoveries);
    }
}
