using System.Diagnostics;
using Savevm.Machine.Ram;
using Savevm.Migration.Relay;
using Savevm.Migration.Tests.Doubles;
using Savevm.Migration.Tests.Incoming;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.Tests.Relay;

/// <summary>A destination that says to a relay what none may say: it is named with its offset, takes little memory, and nothing hangs.</summary>
[Collection(nameof(MeasuresMemory))]
public sealed class HostileDestinationTests
{
    private const ulong Page = RamBlock.PageSize;
    private const string Name = "06 70632e72616d", Mark = "0123456789abcdef";

    /// <summary>What a destination says that none may say: its connection is over, and the relay makes a new one.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { $"0003 0013 0000000000004000 00001000 {Name}", "a page request for 0x1000 bytes at 0x4000 lies outside block 'pc.ram' of 16384 bytes" },
        { $"0003 0013 0000000000003000 00002000 {Name}", "a page request for 0x2000 bytes at 0x3000 lies outside block 'pc.ram'" },
        { $"0003 0013 00003ffffffff000 40000000 {Name}", "a page request for 0x40000000 bytes at 0x3ffffffff000 lies outside" },
        { $"0003 0013 0000000000000123 00001000 {Name}", "request of pages at 0x123" },
        { $"0003 0013 0000000000001000 00000000 {Name}", "request of 0 bytes" },
        { $"0003 0013 0000000000001000 80000000 {Name}", "request of 2147483648 bytes" },
        { "0003 0013 0000000000001000 00001000 06 70632e726f6d", "a page request for the unknown RAM block 'pc.rom'" },
        { "0003 0013 0000000000001000 00001000 05 70632e726f6d", "block name of 5 bytes in a field of 6" },
        { "0004 000c 0000000000001000 00001000", "a page request names no block and none was named before" },
        { "0063 0000", "unknown return path message 99" },
        { "0001 0200", "with 512 bytes of payload" },
        { $"0005 0007 {Name}", "return path message RecvBitmap is not due now" },
        { "0006 0004 00000001", "return path message ResumeAck is not due now" },
        { "0002 0004 53560009", "an answer to the ping 0x53560009 that nobody waits for" },
        { "0001 0004 00000000", "says that it has everything, and the source has 3 pages still to send" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task ADestinationThatGoesAstrayIsConnectedAnew(string hex, string words)
    {
        using var stage = new RelayStage();
        var (_, back, there) = RelayScript.Switched(stage, out _);
        // Not the first message, which another thread hears.
        there.Say("0002 0004 00000003");
        there.Say(hex);
        stage.UntilSaid(words);
        Assert.Contains("stream offset 0x", stage.Said, StringComparison.Ordinal);
        stage.NextAtDestination();
        Assert.Equal(new RelayStanding(3, 0, HasSource: true, HasDestination: false), stage.Relay.Standing);
        Assert.IsType<RelayInterruptedException>(await stage.StopAsync());
        // Nothing of it was passed on; only the answer to its ping.
        Assert.EndsWith("0002000400000003", back.Hex, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADestinationThatFailedIsNotAskedAgain()
    {
        using var stage = new RelayStage();
        var (_, back, there) = RelayScript.Switched(stage, out _);
        there.Say("0001 0004 00000001");
        var interrupted = Assert.IsType<RelayInterruptedException>(await stage.EndAsync());
        Assert.IsType<PeerRefusedException>(interrupted.InnerException);
        Assert.EndsWith("0001000400000001", back.Hex, StringComparison.Ordinal);
    }

    /// <summary>What a destination answers that comes back.</summary>
    public static TheoryData<string, string> Recoveries => new()
    {
        { $"0005 0007 {Name} 0000000000000018", "does not come back: stream offset 0xb: received bitmap of 24 bytes, the block's has 8" },
        { $"0005 0007 {Name} ffffffffffffffff", "does not come back: stream offset 0xb: received bitmap of 18446744073709551615 bytes" },
        { $"0005 0007 {Name} 0000000000000008 0100000000000000 {Mark} 0006 0004 00000002", "does not come back: stream offset 0x27: RESUME_ACK with value 2" },
        { "0005 0007 06 70632e726f6d", "does not come back: stream offset 0x0: a bitmap of block 'pc.rom'" },
        { "7777 0000", "does not come back: stream offset 0x0: unknown return path message 30583" },
    };

    [Theory]
    [MemberData(nameof(Recoveries))]
    public async Task ADestinationThatDoesNotComeBackIsAskedAgain(string hex, string words)
    {
        using var stage = new RelayStage();
        var (source, _, there) = RelayScript.Switched(stage, out _);
        there.Break();
        var again = new RelayedDestination(stage.NextAtDestination());
        again.Say(hex);
        stage.UntilSaid(words);
        // An honest one has all pages but the second, and gets that; the source knows nothing of it.
        var honest = new RelayedDestination(stage.NextAtDestination());
        honest.Say($"0005 0007 {Name} 0000000000000008 0d00000000000000 {Mark} 0006 0004 00000001");
        stage.UntilSaid("the destination is back and lacks 1 pages");
        source.Write(new SourceScript().Pages(SectionType.Part, ("pc.ram", Page, 5), (null, 2 * Page, 5), (null, 3 * Page, 5)).PostcopyEnd().Bytes);
        stage.Until(() => honest.Ends, "the end goes on");
        Assert.Equal([0, 1, 0, 0], Enumerable.Range(0, 4).Select(page => honest.Count((ulong)page * Page)));
        honest.Say("0001 0004 00000000");
        source.Abort();
        Assert.Null(await stage.EndAsync());
    }

    /// <summary>What was sent and did not arrive is sent again, what arrived is not, and the source is asked for none of it.</summary>
    [Fact]
    public async Task WhatWasOnItsWayWhenTheConnectionBrokeIsSentAgain()
    {
        using var stage = new RelayStage();
        var (source, back, there) = RelayScript.Switched(stage, out _);
        source.Write(new SourceScript().Pages(SectionType.Part, ("pc.ram", Page, 11), (null, 2 * Page, 12)).Bytes);
        stage.Until(() => there.Count(Page) == 1 && there.Count(2 * Page) == 1, "two pages go on");
        there.Break();
        var again = new RelayedDestination(stage.NextAtDestination());
        again.Say($"0005 0007 {Name} 0000000000000008 0300000000000000 {Mark} 0006 0004 00000001");
        stage.Until(() => again.Count(2 * Page) == 1, "the second is sent again");
        // It asks for one that has not come yet: the source is asked, once.
        again.Say($"0003 0013 0000000000003000 00001000 {Name} 0004 000c 0000000000003000 00001000");
        stage.Until(() => back.Hex.EndsWith("000300130000000000003000000010000670632e72616d", StringComparison.Ordinal), "the source is asked");
        source.Write(new SourceScript().Pages(SectionType.Part, ("pc.ram", 3 * Page, 13)).PostcopyEnd().Bytes);
        stage.Until(() => again.Ends, "the end goes on");
        Assert.Equal([0, 0, 12, 13], Enumerable.Range(0, 4).Select(page => again.Content((ulong)page * Page)));
        Assert.Equal((0, 1, 1), (again.Count(Page), again.Count(2 * Page), again.Count(3 * Page)));
        again.Say("0001 0004 00000000");
        source.Abort();
        Assert.Null(await stage.EndAsync());
    }

    [Fact]
    public async Task ADestinationThatLacksWhatItHadCannotBeRecovered()
    {
        using var stage = new RelayStage();
        var (_, _, there) = RelayScript.Switched(stage, out _);
        there.Break();
        new RelayedDestination(stage.NextAtDestination()).Say($"0005 0007 {Name} 0000000000000008 0000000000000000 {Mark} 0006 0004 00000001");
        var interrupted = Assert.IsType<RelayInterruptedException>(await stage.EndAsync());
        Assert.Contains("lacks 1 pages that it had received", interrupted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoAsksAMillionTimesHasTheSourceAskedOnceAPage()
    {
        const int Requests = 1_000_000, Batch = 1000, Pages = 512;
        using var stage = new RelayStage();
        var (source, back, there) = RelayScript.Switched(stage, out _, Pages);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        var random = new Random(5);
        var messages = new WireWriter();
        for (var asked = 0; asked < Requests; asked += Batch)
        {
            messages.Clear();
            for (var index = 0; index < Batch; index++) ReturnMessageWriter.WritePageRequest(messages, "pc.ram", (ulong)random.Next(Pages) * Page, RamBlock.PageSize);
            there.Say(messages.WrittenSpan);
        }
        stage.Until(() => stage.Relay.Counters.RequestedPages == Requests, "all were heard");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 << 20);
        // One request of 23 bytes for each page but the first, which is there.
        stage.Until(() => back.Count >= 8 + (23 * (Pages - 1)), "the source is asked");
        Assert.InRange(back.Count, 8 + (23 * (Pages - 1)), 64 + (23 * (Pages - 1)));
        source.Write(new SourceScript().Pages(SectionType.Part, [("pc.ram", Page, 5), .. Enumerable.Range(2, Pages - 2).Select(page => ((string?)null, (ulong)page * Page, (byte?)5))]).Bytes);
        stage.Until(() => Enumerable.Range(1, Pages - 1).All(page => there.Count((ulong)page * Page) == 1), "each page goes on once");
        Assert.IsType<RelayInterruptedException>(await stage.StopAsync());
    }
}
