using Savevm.Resumes;

namespace Savevm.Tests;

public sealed class ModeChoiceTests
{
    private const string Obstacle = "its memory is shared";

    [Theory]
    [InlineData(ResumeMode.Full, 1, true)]
    [InlineData(ResumeMode.Full, 5, true)]
    [InlineData(ResumeMode.Clone, 1, false)]
    [InlineData(ResumeMode.Clone, 5, false)]
    public void What_was_asked_for_is_done_without_a_word(ResumeMode mode, int clones, bool isObstructed)
    {
        var chosen = ModeChoice.Choose(Request(mode, clones), () => isObstructed ? Obstacle : null);
        Assert.Equal(new ChosenMode(mode), chosen);
    }

    [Fact]
    public void Several_guests_share_memory_where_they_can_and_the_obstacle_is_named_where_they_cannot()
    {
        var shared = ModeChoice.Choose(Request(ResumeMode.Auto, 5), () => null);
        Assert.Equal(ResumeMode.Clone, shared.Mode);
        Assert.Contains("the 5 guests share", shared.Reason, StringComparison.Ordinal);
        var single = ModeChoice.Choose(Request(ResumeMode.Auto, 5), () => Obstacle);
        Assert.NotEqual(ResumeMode.Clone, single.Mode);
        Assert.Contains(Obstacle, single.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clone_that_cannot_be_is_refused_with_the_obstacle()
    {
        var refusal = Assert.Throws<SavevmException>(() => ModeChoice.Choose(Request(ResumeMode.Clone, 1), () => Obstacle));
        Assert.Equal(ExitCode.Incompatible, refusal.Code);
        Assert.Contains(Obstacle, refusal.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Auto_always_says_why()
    {
        foreach (var request in new[]
        {
            Request(ResumeMode.Auto, 1), Request(ResumeMode.Auto, 1) with { QmpSocket = "q" }, Request(ResumeMode.Auto, 1) with { ConnectUri = "unix:u" },
        })
        {
            var chosen = ModeChoice.Choose(request, () => Obstacle);
            Assert.NotNull(chosen.Reason);
            Assert.Equal(request.ConnectUri is not null, chosen.Mode == ResumeMode.Full && chosen.Reason.Contains("cannot be known", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Where_QEMU_refuses_pages_on_demand_the_image_is_mapped_or_else_all_is_loaded()
    {
        Assert.Equal(new ChosenMode(ResumeMode.Clone, "no faults"), ModeChoice.Otherwise("no faults", () => null));
        var full = ModeChoice.Otherwise("no faults", () => Obstacle);
        Assert.Equal(ResumeMode.Full, full.Mode);
        Assert.Contains("no faults", full.Reason, StringComparison.Ordinal);
        Assert.Contains(Obstacle, full.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_QEMU_that_runs_already_maps_no_image() => Assert.Equal(
        ExitCode.WrongUsage,
        Assert.Throws<SavevmException>(() => ModeChoice.Choose(Request(ResumeMode.Clone, 1) with { QmpSocket = "q" }, () => null)).Code);

    private static ResumeRequest Request(ResumeMode mode, int clones) => new() { RepositoryPath = "/r", Name = "web", Mode = mode, Clones = clones };
}
