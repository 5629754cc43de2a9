using System.Runtime.ExceptionServices;
using Savevm.Fuzz.Engine;
using Savevm.Machine.Ram;
using Savevm.Migration;
using Savevm.Migration.Core;
using Savevm.Migration.Incoming;
using Savevm.Migration.Metrics;
using Savevm.Wire;
using Savevm.Wire.Ram;

namespace Savevm.Fuzz.Targets;

/// <summary>The channel for requested pages of a postcopy.</summary>
internal static class PreemptTargets
{
    private static readonly RamBlock[] Blocks = [new(0, "pc.ram", 24 * RamBlock.PageSize), new(1, "vga.vram", 8 * RamBlock.PageSize)];

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("preempt", "the channel for requested pages, read by the destination", Read, Channels)
        {
            MaxBytes = 32768,
            MaxAllocatedBytes = 8 << 20,
            Refusals = [typeof(WireException), typeof(PeerLostException)],
        },
    ];

    private static void Read(ReadOnlySpan<byte> input)
    {
        AtomicPageBitmap[] received = [.. Blocks.Select(block => new AtomicPageBitmap(block.PageCount))];
        var writer = new CountingWriter();
        int broken = 0;
        using var channel = new BytesChannel(input.ToArray());
        using var receiver = new PreemptReceiver(channel, Blocks, received, writer, new MigrationStatistics()) { Broken = () => broken++ };
        receiver.Start(new InPlace());
        Promise.That(writer.Written == received.Sum(Count), "preempt: a page is written once, and noted", $"{writer.Written}");
        Promise.That((receiver.Failure is null ? 0 : 1) == broken, "preempt: a failure is said once", $"{broken}");
        if (receiver.Failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    private static int Count(AtomicPageBitmap pages) => Enumerable.Range(0, (int)pages.PageCount).Count(page => pages.IsSet(page));

    private static IEnumerable<byte[]> Channels()
    {
        var page = new byte[RamBlock.PageSize];
        page.AsSpan().Fill(7);
        foreach (bool marked in new[] { false, true })
        {
            var writer = new WireWriter();
            writer.WriteUInt64(0x1000 | (ulong)RamFlags.Page);
            writer.WriteCountedString("pc.ram");
            writer.WriteBytes(page);
            writer.WriteUInt64(0x3000 | (ulong)(RamFlags.Page | RamFlags.Continue));
            writer.WriteBytes(page);
            writer.WriteUInt64(0x2000 | (ulong)RamFlags.Zero);
            writer.WriteCountedString("vga.vram");
            writer.WriteByte(0);
            if (marked)
                writer.WriteUInt64((ulong)RamFlags.Eos);
            yield return writer.WrittenSpan.ToArray();
        }
    }

    /// <summary>The engine's thread is the caller's.</summary>
    private sealed class InPlace : Surroundings
    {
        public override TimeProvider Time => TimeProvider.System;

        public override void Sleep(TimeSpan duration)
        {
        }

        public override IEngineThread Start(string name, Action body)
        {
            body();
            return new Ended();
        }
    }

    private sealed class Ended : IEngineThread
    {
        public bool IsAlive => false;

        public void Join()
        {
        }
    }

    /// <summary>Keeps nothing.</summary>
    private sealed class CountingWriter : IPageWriter
    {
        public long Written { get; private set; }

        public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
        {
            Promise.That(page.Length == RamBlock.PageSize, "preempt: a page is whole", $"{page.Length}");
            WriteZeroPage(blockIndex, pageIndex);
        }

        public void WriteZeroPage(int blockIndex, long pageIndex)
        {
            Promise.That(pageIndex >= 0 && pageIndex < Blocks[blockIndex].PageCount, "preempt: pages lie in their block", $"page {pageIndex} of block {blockIndex}");
            Written++;
        }

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }
}
