using Savevm.Machine.Ram;
using Savevm.Migration.Relay;
using Savevm.Migration.Tests.Doubles;
using Savevm.Migration.Tests.Incoming;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Tests.Relay;

/// <summary>A source whose stream ends inside of each kind of message: the relay knows what it has, says so, and does not hang.</summary>
public sealed class RelayCutStreamTests
{
    private const ulong Page = RamBlock.PageSize;

    /// <summary>All of it, with pages whose bytes need not be cut one by one.</summary>
    [Fact]
    public void AStreamMayEndAtAnyByte()
    {
        var opening = RelayScript.Switch().Bytes;
        byte[] whole =
        [
            .. opening,
            .. new SourceScript().Hex("08 0002 0004 00000004").Pages(SectionType.Part, ("pc.ram", Page, 5), (null, 2 * Page, null)).Pages(SectionType.Part, (null, 3 * Page, null)).PostcopyEnd().Bytes,
        ];
        var cuts = Enumerable.Range(0, whole.Length + 1).Where(at => at % 5 == 0 || at > whole.Length - 60 || Math.Abs(at - opening.Length) < 12).Where(at => !IsInPage(whole, at)).ToList();
        Assert.InRange(cuts.Count, 100, 250);
        Parallel.ForEach(cuts, new ParallelOptions { MaxDegreeOfParallelism = 8 }, at => Cut(whole, at, opening.Length).GetAwaiter().GetResult());
    }

    private static async Task Cut(byte[] whole, int at, int opening)
    {
        using var stage = new RelayStage();
        var source = stage.ComeToRelay();
        var there = new RelayedDestination(stage.NextAtDestination());
        if (at > 0) source.Write(whole.AsSpan(0, at));
        source.CloseWrite();
        if (at < opening)
        {
            // The guest is where it was.
            Assert.IsType<PeerLostException>(await stage.EndAsync());
            stage.Until(() => there.Received == at, $"{at} bytes are carried");
        }
        else if (at < whole.Length)
        {
            stage.UntilSaid("the source's connection broke");
            var interrupted = Assert.IsType<RelayInterruptedException>(await stage.StopAsync());
            Assert.DoesNotContain("not needed", stage.Said, StringComparison.Ordinal);
            Assert.True(interrupted.Standing.MissingPages == Missing(at, opening), $"cut at {at}: {interrupted.Standing}; {stage.Said}");
        }
        else
        {
            stage.UntilSaid("the source is not needed");
            stage.Until(() => there.Ends, "the end goes on");
            Assert.Equal([0, 1, 1, 1], Enumerable.Range(0, 4).Select(page => there.Count((ulong)page * Page)));
            there.Say("0001 0004 00000000");
            Assert.Null(await stage.EndAsync());
            Assert.True(stage.Result!.SourceWasLost);
        }
    }

    /// <summary>Pages of which the last byte lies behind the cut.</summary>
    private static long Missing(int at, int opening)
    {
        var seen = at - opening;
        const int Ping = 9, Section = 5, Named = 8 + 1 + 6, Zero = 8 + 1, End = 8 + 5;
        int first = Ping + Section + Named + (int)Page, second = first + Zero, third = second + End + Section + Zero;
        return 3 - new[] { first, second, third }.Count(end => seen >= end);
    }

    private static bool IsInPage(byte[] whole, int at) => at > 2 && at < whole.Length - 2 && whole.AsSpan(at - 2, 4) is [5, 5, 5, 5] or [9, 9, 9, 9];
}
