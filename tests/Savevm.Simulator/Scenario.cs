using Savevm.Machine.Ram;

namespace Savevm.Simulator;

/// <summary>What happens in one run, all of it drawn from the seed.</summary>
internal sealed record Scenario
{
    public required IReadOnlyList<RamBlock> Blocks { get; init; }

    public required TimeSpan WritePause { get; init; }

    /// <summary>The connection: bytes that fit into it, the largest piece, the longest delay in ticks.</summary>
    public required (int Capacity, int MaxPiece, int MaxDelay) Line { get; init; }

    /// <summary>After so many bytes from the source it breaks; null for never.</summary>
    public long? CutAfterSent { get; init; }

    /// <summary>After so many bytes from the destination it breaks; null for never.</summary>
    public long? CutAfterAnswered { get; init; }

    /// <summary>What is under way when it breaks is lost.</summary>
    public bool LosesAtCut { get; init; }

    /// <summary>New connections in postcopy, and when each of them breaks.</summary>
    public IReadOnlyList<(long? AfterSent, long? AfterAnswered)> Reconnections { get; init; } = [];

    /// <summary>After so many bytes more, when the machine runs at the destination, the first connection breaks; and what follows must bring everything.</summary>
    public (long? AfterSent, long? AfterAnswered)? CutAfterRun { get; init; }

    /// <summary>A second connection for requested pages.</summary>
    public bool Preempt { get; init; }

    /// <summary>It is made when it is needed.</summary>
    public bool PreemptIsLate { get; init; }

    /// <summary>When it breaks: that of the first connection, then those of the new ones.</summary>
    public IReadOnlyList<long?> PreemptCuts { get; init; } = [];

    public TimeSpan? CancelAfter { get; init; }

    public TimeSpan? CancelIncomingAfter { get; init; }

    public bool Postcopy { get; init; }

    public TimeSpan? PostcopyAfter { get; init; }

    public int? PostcopyAfterRounds { get; init; }

    public int? StopAfterRounds { get; init; }

    public TimeSpan DowntimeLimit { get; init; }

    public bool AutoConverge { get; init; }

    public long? BytesPerSecond { get; init; }

    public bool SwitchoverAck { get; init; }

    public bool SwitchoverStart { get; init; }

    public bool HasHandler { get; init; }

    public bool HandlerCanPostcopy { get; init; }

    public bool LoaderNeedsApproval { get; init; }

    public TimeSpan? UnplugAfter { get; init; }

    public bool RefusesUnplug { get; init; }

    public bool HasReleaseHook { get; init; }

    public bool ReleaseFails { get; init; }

    public bool RefusesDevices { get; init; }

    /// <summary>The machine stands still from the beginning, as one in a snapshot does, and its own engine sends it.</summary>
    public bool IsStill { get; init; }

    /// <summary>Of such a one: who sends it is gone at the first break in postcopy, and each time somebody else takes it up.</summary>
    public bool IsTakenUp { get; init; }

    /// <summary>A fault on purpose, for the test that it is found.</summary>
    public bool LosesWrites { get; init; }

    /// <summary>Nothing but the engine can make it fail.</summary>
    public bool MustComplete =>
        CutAfterSent is null && CutAfterAnswered is null && CutAfterRun is null && PreemptCuts.All(cut => cut is null) && CancelAfter is null && CancelIncomingAfter is null && !RefusesUnplug && !(UnplugAfter > TimeSpan.FromMilliseconds(50)) && !ReleaseFails && !RefusesDevices;

    public static Scenario Draw(int seed)
    {
        var random = new Random(seed);
        bool OneIn(int many) => random.Next(many) == 0;
        TimeSpan Within(int milliseconds) => TimeSpan.FromTicks(random.NextInt64(milliseconds * TimeSpan.TicksPerMillisecond));
        var names = new[] { "ram", "vga.ram", "bios" };
        var blocks = names[..random.Next(1, 4)].Select((name, index) => new RamBlock(index, name, random.Next(1, OneIn(3) ? 90 : 24) * (long)RamBlock.PageSize)).ToList();
        var postcopy = OneIn(2);
        var breaks = random.Next(3);
        // Cuts are drawn over a little more than what travels, so that some come too late to matter.
        var likely = (blocks.Sum(block => block.UsedLength) * 2) + 4000;
        var reconnections = Enumerable.Range(0, postcopy ? random.Next(6) : 0).Select(_ =>
            OneIn(3) ? (null, null) : OneIn(2) ? ((long?)random.NextInt64(OneIn(2) ? 200 : likely), (long?)null) : ((long?)null, (long?)random.NextInt64(400))).ToList();
        return new Scenario
        {
            Reconnections = reconnections,
            Blocks = blocks,
            WritePause = TimeSpan.FromMicroseconds(random.Next(5, 400)),
            // A line that is narrow and long too would take hours.
            Line = OneIn(3)
                ? (random.Next(60_000, 400_000), random.Next(30_000) + 1000, random.Next(3_000_000))
                : (random.Next(600, 200_000), random.Next(1, OneIn(4) ? 300 : 70_000) + 40, random.Next(5_000)),
            CutAfterSent = breaks == 1 ? (OneIn(3) ? random.NextInt64(2000) : random.NextInt64(likely)) : null,
            CutAfterAnswered = breaks == 2 ? random.NextInt64(OneIn(2) ? 60 : 600) : null,
            LosesAtCut = OneIn(2),
            CancelAfter = OneIn(4) ? Within(40) : null,
            CancelIncomingAfter = OneIn(8) ? Within(40) : null,
            Postcopy = postcopy,
            PostcopyAfter = postcopy && OneIn(2) ? Within(30) : null,
            PostcopyAfterRounds = postcopy && OneIn(2) ? random.Next(1, 5) : null,
            StopAfterRounds = random.Next(1, 12),
            // With none at all a machine that writes can only go on in postcopy.
            DowntimeLimit = postcopy && OneIn(2) ? TimeSpan.FromTicks(-1) : Within(5),
            AutoConverge = OneIn(2),
            BytesPerSecond = OneIn(4) ? random.NextInt64(2_000_000, 400_000_000) : null,
            SwitchoverAck = OneIn(3),
            SwitchoverStart = OneIn(2),
            HasHandler = OneIn(2),
            HandlerCanPostcopy = OneIn(2),
            LoaderNeedsApproval = OneIn(2),
            UnplugAfter = OneIn(5) ? Within(100) : null,
            RefusesUnplug = OneIn(4),
            HasReleaseHook = OneIn(4),
            ReleaseFails = OneIn(4),
            RefusesDevices = OneIn(12),
        }.Settle().DrawPostcopy(random).DrawStill(random);
    }

    /// <summary>What is drawn for postcopy alone. In most of it nothing is in the way but connections that break, of which the last holds.</summary>
    private Scenario DrawPostcopy(Random random)
    {
        if (!Postcopy) return this;
        bool OneIn(int many) => random.Next(many) == 0;
        var drawn = this with { Preempt = OneIn(2), PreemptIsLate = OneIn(2) };
        var isForced = !OneIn(3);
        var length = Blocks.Sum(block => block.UsedLength);
        if (isForced)
        {
            var lines = Enumerable.Range(0, random.Next(5)).Select(_ => OneIn(2)
                ? ((long?)random.NextInt64(1, OneIn(2) ? 120 : length), (long?)null)
                : ((long?)null, (long?)random.NextInt64(1, OneIn(2) ? 60 : 400))).ToList();
            drawn = drawn with
            {
                CutAfterSent = null,
                CutAfterAnswered = null,
                CancelAfter = null,
                CancelIncomingAfter = null,
                UnplugAfter = null,
                RefusesUnplug = false,
                ReleaseFails = false,
                RefusesDevices = false,
                HandlerCanPostcopy = false,
                DowntimeLimit = TimeSpan.FromTicks(-1),
                StopAfterRounds = null,
                PostcopyAfterRounds = 1,
                PostcopyAfter = OneIn(2) ? TimeSpan.FromMicroseconds(random.Next(300)) : null,
                CutAfterRun = OneIn(3) ? (null, random.NextInt64(1, 60)) : (random.NextInt64(1, OneIn(2) ? 200 : length), null),
                Reconnections = [.. lines, (null, null)],
            };
        }
        var cuts = Enumerable.Range(0, drawn.Preempt ? drawn.Reconnections.Count : 0)
            .Select(_ => OneIn(3) ? (long?)random.NextInt64(1, OneIn(2) ? 6000 : length + 1) : null).ToList();
        return drawn with { PreemptCuts = cuts };
    }

    private Scenario DrawStill(Random random) => random.Next(4) != 0 ? this : this with
    {
        IsStill = true,
        IsTakenUp = Postcopy && random.Next(2) == 0,
        AutoConverge = false,
        SwitchoverAck = false,
        SwitchoverStart = false,
        HasHandler = false,
        UnplugAfter = null,
        RefusesUnplug = false,
        HasReleaseHook = false,
        ReleaseFails = false,
    };

    private Scenario Settle() => this with { RefusesUnplug = UnplugAfter is not null && RefusesUnplug, ReleaseFails = HasReleaseHook && ReleaseFails };
}
