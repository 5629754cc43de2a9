using Savevm.Heaps.Regions;
using Savevm.Machine;
using Savevm.Migration.Tests.Doubles;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Heaps.Tests;

/// <summary>A heap goes from one process to another as a stream, or into a file.</summary>
public sealed class HeapSendingTests
{
    [Fact]
    public async Task What_is_sent_while_everybody_writes_is_of_one_instant()
    {
        NativeHeapTests.SkipWhereRefused();
        using var writing = new NumberedHeap(WriterKind.Managed, 2);
        for (var number = 1UL; number <= 5; number++)
        {
            var (ours, theirs) = ChannelPair.Create();
            using (ours)
            using (theirs)
            {
                var receiving = Task.Factory.StartNew(() => NativeHeap.Receive(theirs, Layouts(writing.Heap)), TaskCreationOptions.LongRunning);
                await writing.Heap.SendAsync(ours, writing.Options, TestContext.Current.CancellationToken);
                ours.CloseWrite();
                using var image = await receiving;
                writing.AssertIsOf(image);
                Assert.Equal(number, image.SnapshotCount);
            }
        }
        writing.AssertGoesOn();
    }

    [Fact]
    public async Task What_is_damaged_cut_off_or_another_heap_is_refused()
    {
        NativeHeapTests.SkipWhereRefused();
        using var heap = new NativeHeap([new HeapRegionLayout("data", 1 << 20)]);
        heap["data"].Slice(0, 1 << 20).Fill(3);
        var whole = await SentAsync(heap);
        NativeHeap.Receive(new BytesChannel(whole), Layouts(heap)).Dispose();
        Assert.Throws<MachineRefusedException>(() => NativeHeap.Receive(new BytesChannel(whole), [new HeapRegionLayout("other", 1 << 20)]));
        Assert.Throws<MachineRefusedException>(() => NativeHeap.Receive(new BytesChannel(whole), [new HeapRegionLayout("data", 4096)]));
        foreach (var length in new[] { 0, 3, 60, 5000, 1 << 20, whole.Length - 300, whole.Length - 100 })
        {
            var refused = Record.Exception(() => NativeHeap.Receive(new BytesChannel(whole[..length]), Layouts(heap)));
            Assert.True(refused is WireException or IOException or MachineRefusedException, $"{length}: {refused}");
        }
        var damaged = whole.ToArray();
        damaged[2] ^= 1;
        Assert.Throws<WireException>(() => NativeHeap.Receive(new BytesChannel(damaged), Layouts(heap)));
    }

    private static async Task<byte[]> SentAsync(NativeHeap heap)
    {
        var (ours, theirs) = ChannelPair.Create();
        using (ours)
        using (theirs)
        {
            var reading = Task.Run(() =>
            {
                var bytes = new MemoryStream();
                var buffer = new byte[64 << 10];
                for (int count; (count = theirs.Read(buffer)) > 0;) bytes.Write(buffer, 0, count);
                return bytes.ToArray();
            });
            await heap.SendAsync(ours, null, TestContext.Current.CancellationToken);
            ours.CloseWrite();
            return await reading;
        }
    }

    private static List<HeapRegionLayout> Layouts(NativeHeap heap) => [.. heap.Regions.Select(region => new HeapRegionLayout(region.Name, region.Length))];
}
