using Savevm.Qemu.Qmp;
using Savevm.Qemu.Source;

namespace Savevm.Qemu.Tests;

public sealed class QuirkTableTests
{
    [Theory]
    [InlineData("7.2.22", "tcg", true, SourceMode.Background)]
    [InlineData("8.2.0", "tcg", true, SourceMode.Background)]
    [InlineData("9.0.0", "tcg", true, SourceMode.Live)]
    [InlineData("10.0.2", "tcg", true, SourceMode.Live)]
    [InlineData("7.2.22", "kvm", true, SourceMode.Live)]
    [InlineData("7.2.22", "tcg", false, SourceMode.Live)]
    [InlineData("unknown", "tcg", true, SourceMode.Live)]
    public void Live_gives_way_only_where_writes_would_be_lost(string version, string accelerator, bool isRunning, SourceMode expected)
    {
        var decision = QuirkTable.Decide(Facts(version, accelerator, isRunning), null, null);
        Assert.Equal(expected, decision.Mode);
        Assert.Equal(expected == SourceMode.Live ? 0 : 1, decision.Sentences.Count);
        Assert.Equal(expected == SourceMode.Live ? [] : ["tcg-dirty-log"], decision.Quirks);
    }

    [Fact]
    public void Stop_is_taken_where_background_is_not_possible_and_both_reasons_are_said()
    {
        var decision = QuirkTable.Decide(Facts("7.2.22", "tcg", true), null, "userfaultfd is kept for root");
        Assert.Equal(SourceMode.Stop, decision.Mode);
        string sentence = Assert.Single(decision.Sentences);
        Assert.Contains("7.2.22", sentence, StringComparison.Ordinal);
        Assert.Contains("userfaultfd is kept for root", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Live_that_was_asked_for_in_so_many_words_is_done_and_warned_of()
    {
        var decision = QuirkTable.Decide(Facts("7.2.22", "tcg", true), SourceMode.Live, null);
        Assert.Equal(SourceMode.Live, decision.Mode);
        Assert.Contains("loses guest writes", Assert.Single(decision.Sentences), StringComparison.Ordinal);
    }

    [Fact]
    public void A_paused_guest_is_never_taken_in_the_background() =>
        Assert.Equal(SourceMode.Stop, QuirkTable.Decide(Facts("7.2.22", "tcg", false), SourceMode.Background, null).Mode);

    [Fact]
    public void Only_releases_before_9_freeze_a_cancelled_background_snapshot()
    {
        Assert.True(QuirkTable.FreezesCancelledSnapshots(new QmpGreeting(7, 2, 22, "", true)));
        Assert.False(QuirkTable.FreezesCancelledSnapshots(new QmpGreeting(10, 0, 2, "", true)));
    }

    private static QemuFacts Facts(string version, string accelerator, bool isRunning) => new()
    {
        Version = version,
        MachineType = "pc-i440fx-7.2",
        Accelerator = accelerator,
        MemoryBytes = 1 << 26,
        RunState = isRunning ? "running" : "paused",
        IsRunning = isRunning,
    };
}
