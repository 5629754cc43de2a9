using Savevm.Machine.Ram;
using Savevm.Migration.Pages;
using Savevm.Migration.Relay;

namespace Savevm.Migration.Tests.Relay;

/// <summary>What a relay keeps between two sides of which neither is to be trusted.</summary>
public sealed class HeldPagesTests
{
    private const long Keep = 64 * RamBlock.PageSize;

    private static readonly RamBlock[] Blocks = [new(0, "ram", 256 * RamBlock.PageSize), new(1, "huge", 8 * RamBlock.PageSize)];

    private static readonly byte[] Page = new byte[RamBlock.PageSize].Select((_, index) => (byte)(index | 1)).ToArray();

    [Fact]
    public void APageThatComesTwiceOrWasNotDueIsDropped()
    {
        using var held = Expecting((0, 5));
        held.Store(0, 5, Page, out _);
        held.Store(0, 5, Page, out _);
        held.Store(0, 6, Page, out _);
        Assert.Equal((2L, 0L, 1L), (held.Duplicates, held.OutstandingPages, held.HeldUnits));
        Assert.Equal(RamBlock.PageSize, held.UsedBytes);
    }

    [Fact]
    public void WhatIsAskedForIsSentOnceAndTheSourceAskedOnce()
    {
        using var held = Expecting((0, 5), (0, 6));
        Assert.Equal(PageAnswer.AskSource, held.Ask(0, 5, out var unit));
        for (var again = 0; again < 1000; again++) Assert.Equal(PageAnswer.OnItsWay, held.Ask(0, 5, out _));
        Assert.Equal(unit, held.Store(0, 5, Page, out _));
        Assert.Equal(PageAnswer.OnItsWay, held.Ask(0, 5, out _));
        Assert.Equal(-1, held.Store(0, 6, Page, out _));
        Assert.Equal(PageAnswer.SendNow, held.Ask(0, 6, out _));
        Assert.Equal(PageAnswer.OnItsWay, held.Ask(0, 200, out _));

        // It was sent by another way: nobody pushes it.
        Assert.Equal(0, held.Take(new int[4], TimeSpan.Zero));
    }

    [Fact]
    public void AHostPageIsKeptUntilItIsWhole()
    {
        using var held = Expecting((1, 4));
        for (var page = 4; page < 7; page++) held.Store(1, page, Page, out _);
        Assert.Equal((1L, 0L), (held.OutstandingPages, held.HeldUnits));
        held.DropPartial();
        Assert.Equal((4L, 0L), (held.OutstandingPages, held.UsedBytes));
        for (var page = 4; page < 8; page++) held.Store(1, page, Page, out _);
        Assert.Equal((0L, 1L), (held.OutstandingPages, held.HeldUnits));
    }

    [Fact]
    public void NothingIsWrittenToTheEndWhileAPageIsUnderWay()
    {
        using var held = Expecting((0, 5));
        held.Store(0, 5, Page, out _);
        held.EndSource();
        Assert.True(held.IsWhole);
        var taken = new int[4];
        Assert.Equal(1, held.Take(taken, TimeSpan.Zero));
        Assert.False(held.IsWritten);
        held.NoteWritten(taken.AsSpan(0, 1), confirmable: true, held.Epoch);
        Assert.True(held.IsWritten);
        Assert.Equal(RamBlock.PageSize, held.UsedBytes);
        held.Confirm(1);
        Assert.Equal(0, held.UsedBytes);
    }

    [Fact]
    public void AfterABreakWhatDidNotArriveIsSentAgainAndNothingElse()
    {
        using var held = Expecting((0, 1), (0, 2), (0, 3), (0, 4));
        for (var page = 1; page < 4; page++) held.Store(0, page, Page, out _);
        var taken = new int[2];
        held.Take(taken, TimeSpan.Zero);
        held.NoteWritten(taken, confirmable: true, held.Epoch);
        var missing = new PendingPages(Blocks);
        foreach (var page in new[] { 2L, 3L, 4L }) missing.Add(0, page);
        var before = held.Epoch;
        Assert.Equal(0, held.Rewind(missing));
        Assert.Equal((2L, 1L), (held.HeldUnits, held.OutstandingPages));
        Assert.Equal(2, held.Take(taken, TimeSpan.Zero));
        Assert.Equal([2, 3], taken);

        // Who wrote to the old connection says so too late.
        held.NoteWritten(taken, confirmable: true, before);
        Assert.Equal(0, held.SentUnits);
        Assert.False(held.ReceivedOf(0).IsSet(4));
        Assert.True(held.ReceivedOf(0).IsSet(3));
    }

    [Fact]
    public void ADestinationThatLacksWhatItConfirmedIsFoundOut()
    {
        using var held = Expecting((0, 1));
        var missing = new PendingPages(Blocks);
        missing.Add(0, 9);
        Assert.Equal(1, held.Rewind(missing));
    }

    [Fact]
    public async Task MemoryIsBoundedAndWhoWaitsForRoomGoesOn()
    {
        using var held = Expecting([.. Enumerable.Range(0, 200).Select(page => (0, (long)page))]);
        var source = Task.Run(
            () =>
            {
                for (var page = 0; page < 200; page++) held.Store(0, page, Page, out _);
            },
            TestContext.Current.CancellationToken);
        var taken = new int[8];
        for (var received = 0; received < 200;)
        {
            var count = held.Take(taken, TimeSpan.FromSeconds(5));
            Assert.NotEqual(0, count);
            Assert.InRange(held.UsedBytes, RamBlock.PageSize, Keep);
            held.NoteWritten(taken.AsSpan(0, count), confirmable: true, held.Epoch);
            held.Confirm(count);
            received += count;
        }

        await source;
        Assert.Equal(0, held.UsedBytes);
    }

    private static HeldPages Expecting(params (int Block, long Page)[] pages)
    {
        var held = new HeldPages(Blocks, [1, 4], Keep);
        PageBitmap[] missing = [.. Blocks.Select(block => new PageBitmap(block.PageCount))];
        foreach (var (block, page) in pages) missing[block].Set(page);
        held.Expect(missing);
        return held;
    }
}
