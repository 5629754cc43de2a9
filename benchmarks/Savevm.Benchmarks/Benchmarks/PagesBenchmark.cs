using System.Diagnostics;
using System.Runtime.InteropServices;
using Savevm.Benchmarks.Measuring;
using Savevm.Benchmarks.Subjects;
using Savevm.Machine.Ram;
using Savevm.Machine.Ram.Xbzrle;

namespace Savevm.Benchmarks.Benchmarks;

/// <summary>
/// The routines that look at every byte of a page, beside the same in C, in memory of this process. The differences of both encoders are
/// compared byte for byte before anything is timed.
/// </summary>
internal static unsafe class PagesBenchmark
{
    private const string Ours = "savevm";
    private const string Peer = "C";
    private const int PageBytes = RamBlock.PageSize;
    private const int PatternPages = 128;
    private const int CachedPages = 128;
    private const int MemoryPages = 1 << 18;

    private static readonly Quantity Rate = new("gb_s", "rate", "GB/s");

    // What happens to a page between two rounds of a migration. The last one is beyond what a difference can express.
    private static readonly (string Name, bool IsFragmented, Action<Random, byte[]> Change)[] Patterns =
    [
        ("unchanged", false, (_, _) => { }),
        ("one byte", false, (random, page) => page[random.Next(PageBytes)] ^= 1),
        ("ten words", false, (random, page) => Repeat(10, _ => Flip(page, random.Next(PageBytes / 8) * 8, 8))),
        ("one run of 512 bytes", false, (random, page) => Flip(page, random.Next(PageBytes - 512), 512)),
        ("64 words", true, (random, page) => Repeat(64, i => Flip(page, (i * 64) + (random.Next(8) * 8), 8))),
        ("256 bytes", true, (random, page) => Repeat(256, i => Flip(page, (i * 16) + random.Next(15), 1))),
        ("all bytes", false, (_, page) => Flip(page, 0, PageBytes)),
    ];

    public static void Run(BenchmarkRun run, BenchmarkFindings findings)
    {
        var peers = new PeerPrograms(run.Workspace);
        if (peers.PageRoutines is not { } library)
        {
            findings.Failure = peers.Missing;
            return;
        }

        var routines = new PageRoutines(library);
        int rounds = run.Options.IsQuick ? 3 : 15;
        Scan(run, findings, routines, "zero scan, in cache", CachedPages, rounds);
        Scan(run, findings, routines, "zero scan, 1 GiB", run.Options.IsQuick ? MemoryPages / 8 : MemoryPages, rounds);
        foreach ((string name, bool isFragmented, Action<Random, byte[]> change) in Patterns)
        {
            Xbzrle(run, findings, routines, name, isFragmented, change, rounds);
        }
    }

    private static void Scan(BenchmarkRun run, BenchmarkFindings findings, PageRoutines routines, string title, int count, int rounds)
    {
        byte* pages = (byte*)NativeMemory.AlignedAlloc((nuint)count * PageBytes, 1 << 21);
        NativeMemory.Clear(pages, (nuint)count * PageBytes);
        try
        {
            nint address = (nint)pages;
            var comparison = new Comparison(title, [Rate]);
            findings.Comparisons.Add(comparison);
            comparison.Run(
                rounds,
                [
                    new Contender(Ours, Role.Ours, () => Measure(count, () => CountZero((byte*)address, count))),
                    new Contender(Peer, Role.Peer, () => Measure(count, () => Require(count, routines.CountZero((byte*)address, count)))),
                ],
                run.Progress);
            Quartiles? ratio = comparison.Ratio($"{Ours} / {Peer}", Ours, Peer, Rate);
            findings.Targets.Add(new Target($"{title}: of the C routine's rate", 0.95, "x", false, ratio?.Median));
        }
        finally
        {
            NativeMemory.AlignedFree(pages);
        }
    }

    private static void Xbzrle(
        BenchmarkRun run,
        BenchmarkFindings findings,
        PageRoutines routines,
        string name,
        bool isFragmented,
        Action<Random, byte[]> change,
        int rounds)
    {
        nuint bytes = PatternPages * PageBytes;
        nint before = (nint)NativeMemory.AlignedAlloc(bytes, PageBytes);
        nint now = (nint)NativeMemory.AlignedAlloc(bytes, PageBytes);
        nint encoded = (nint)NativeMemory.AlignedAlloc(bytes, PageBytes);
        nint lengths = (nint)NativeMemory.Alloc(PatternPages * sizeof(int));
        try
        {
            Fill(before, now, change);
            routines.Encode((byte*)before, (byte*)now, PatternPages, (byte*)encoded, (int*)lengths);
            RequireEqual(before, now, encoded, lengths);
            nint scratch = (nint)NativeMemory.AlignedAlloc(bytes, PageBytes);
            nint scratchLengths = (nint)NativeMemory.Alloc(PatternPages * sizeof(int));
            var encoding = new Comparison($"XBZRLE, {name}: encode", [Rate]);
            var decoding = new Comparison($"XBZRLE, {name}: decode", [Rate]);
            findings.Comparisons.AddRange([encoding, decoding]);
            encoding.Run(
                rounds,
                [
                    new Contender(Ours, Role.Ours, () => Measure(PatternPages, () => Encode(before, now, scratch))),
                    new Contender(Peer, Role.Peer, () => Measure(PatternPages, () => routines.Encode(
                        (byte*)before, (byte*)now, PatternPages, (byte*)scratch, (int*)scratchLengths))),
                ],
                run.Progress);
            decoding.Run(
                rounds,
                [
                    new Contender(Ours, Role.Ours, () => Measure(PatternPages, () => Decode(encoded, lengths, scratch))),
                    new Contender(Peer, Role.Peer, () => Measure(PatternPages, () => routines.Decode(
                        (byte*)encoded, (int*)lengths, PatternPages, (byte*)scratch))),
                ],
                run.Progress);
            NativeMemory.AlignedFree((void*)scratch);
            NativeMemory.Free((void*)scratchLengths);
            Quartiles? ratio = encoding.Ratio($"{Ours} / {Peer}", Ours, Peer, Rate);
            decoding.Ratio($"{Ours} / {Peer}", Ours, Peer, Rate);
            findings.Targets.Add(new Target($"XBZRLE, {name}: encoder, of C's rate", isFragmented ? 2 : 1, "x", false, ratio?.Median));
        }
        finally
        {
            NativeMemory.AlignedFree((void*)before);
            NativeMemory.AlignedFree((void*)now);
            NativeMemory.AlignedFree((void*)encoded);
            NativeMemory.Free((void*)lengths);
        }
    }

    private static void Fill(nint before, nint now, Action<Random, byte[]> change)
    {
        var random = new Random(1);
        byte[] page = new byte[PageBytes];
        for (int i = 0; i < PatternPages; i++)
        {
            random.NextBytes(page);
            page.CopyTo(Page(before, i));
            change(random, page);
            page.CopyTo(Page(now, i));
        }
    }

    private static void RequireEqual(nint before, nint now, nint encoded, nint lengths)
    {
        byte[] difference = new byte[PageBytes];
        for (int i = 0; i < PatternPages; i++)
        {
            int length = XbzrleEncoder.Encode(Page(before, i), Page(now, i), difference);
            Require(((int*)lengths)[i], length);
            if (length > 0 && !difference.AsSpan(0, length).SequenceEqual(Page(encoded, i)[..length]))
            {
                throw new InvalidOperationException($"the encoders write different bytes for page {i}");
            }
        }
    }

    private static void CountZero(byte* pages, int count)
    {
        long zero = 0;
        for (long i = 0; i < count; i++)
        {
            zero += ZeroPage.IsZero(new ReadOnlySpan<byte>(pages + (i * PageBytes), PageBytes)) ? 1 : 0;
        }

        Require(count, zero);
    }

    private static void Encode(nint before, nint now, nint to)
    {
        for (int i = 0; i < PatternPages; i++)
        {
            XbzrleEncoder.Encode(Page(before, i), Page(now, i), Page(to, i));
        }
    }

    private static void Decode(nint encoded, nint lengths, nint pages)
    {
        for (int i = 0; i < PatternPages; i++)
        {
            if (((int*)lengths)[i] > 0)
            {
                XbzrleDecoder.TryDecode(Page(encoded, i)[..((int*)lengths)[i]], Page(pages, i), out _);
            }
        }
    }

    private static Span<byte> Page(nint pages, int index) => new((byte*)pages + (index * PageBytes), PageBytes);

    /// <summary>Repeats until a hundredth of a second has passed, and takes the fastest: one disturbance spoils one repetition.</summary>
    private static Dictionary<Quantity, double> Measure(int pages, Action action)
    {
        var shortest = TimeSpan.MaxValue;
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < 5 || Stopwatch.GetElapsedTime(begin) < TimeSpan.FromMilliseconds(10); i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            shortest = elapsed < shortest ? elapsed : shortest;
        }

        return new Dictionary<Quantity, double> { [Rate] = (double)pages * PageBytes / shortest.TotalSeconds / 1e9 };
    }

    private static void Require(long expected, long actual)
    {
        if (expected != actual)
        {
            throw new InvalidOperationException($"{actual} where {expected} was expected");
        }
    }

    private static void Repeat(int count, Action<int> action)
    {
        for (int i = 0; i < count; i++)
        {
            action(i);
        }
    }

    private static void Flip(byte[] page, int at, int count)
    {
        for (int i = at; i < at + count; i++)
        {
            page[i] ^= 0x5a;
        }
    }
}
