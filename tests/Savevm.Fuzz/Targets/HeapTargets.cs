using System.Buffers.Binary;
using Savevm.Fuzz.Engine;
using Savevm.Heaps;
using Savevm.Heaps.Regions;
using Savevm.Linux.Files;
using Savevm.Linux.Memory;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState.Catalogue;
using Savevm.States.Opening;
using Savevm.States.Reading;
using Savevm.Wire.Ram;

namespace Savevm.Fuzz.Targets;

/// <summary>The image of a heap, as the program that loads it finds it.</summary>
internal static class HeapTargets
{
    /// <summary>A heap costs memory for what it holds, not for what its image says of itself.</summary>
    private const long MaxLoadBytes = 3 << 20;

    // Of a file no longer than this every page is compared with what the walker finds in it.
    private const long MaxComparedBytes = 1 << 20;

    /// <summary>The regions of the first images, for a program that knows what it expects.</summary>
    private static readonly HeapRegionLayout[] Expected =
    [
        new("index", RamBlock.PageSize),
        new("data", 9 * RamBlock.PageSize) { Memory = HeapMemory.MemoryFile },
    ];

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("heap-image", "the image of a heap, in a file with holes", Load, Seeds.HeapImages)
        {
            MaxAllocatedBytes = 16 << 20,
            Refusals = [typeof(HeapImageException)],
        },
    ];

    /// <summary>
    /// A byte whose lowest bit tells whether the program knows which regions it expects, eight for the length of the file, and what stands in it: each
    /// time eight bytes for a place, two for a length, and so many bytes. The rest are holes.
    /// </summary>
    private static void Load(ReadOnlySpan<byte> input)
    {
        if (input.Length < 1 + sizeof(ulong))
            return;
        bool isExpected = (input[0] & 1) != 0;
        using LinuxFile file = MemoryFile.Create("heap-image", 0);
        if (!TryFill(file, input[1..]))
            return;
        // Where a section ends that has two footers is asked of a catalogue, which is made once.
        _ = RecordedCatalogue.For("heap");
        string path = $"/proc/self/fd/{file.Handle.DangerousGetHandle()}";
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using NativeHeap heap = NativeHeap.Load(path, isExpected ? Expected : null);
            CheckMemory(before);
            Check(heap, path, file.Status().Length, isExpected);
        }
        catch (HeapImageException refused)
        {
            CheckMemory(before);
            Promise.That(refused.Path == path && refused.Message.Length > path.Length + 2, "heap: a refusal says why", refused.Message);
            throw;
        }
    }

    /// <summary>False for a file that cannot be.</summary>
    private static bool TryFill(LinuxFile file, ReadOnlySpan<byte> input)
    {
        long length = BinaryPrimitives.ReadInt64BigEndian(input);
        if (length < 0)
            return false;
        file.SetLength(length);
        const int headBytes = sizeof(ulong) + sizeof(ushort);
        for (input = input[sizeof(ulong)..]; input.Length > headBytes;)
        {
            long place = BinaryPrimitives.ReadInt64BigEndian(input);
            int count = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(input[sizeof(ulong)..]), input.Length - headBytes);
            if (place >= 0 && place < length)
                file.Write(input.Slice(headBytes, (int)Math.Min(count, length - place)), place);
            input = input[(headBytes + count)..];
        }
        return true;
    }

    private static void CheckMemory(long before)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Promise.That(allocated <= MaxLoadBytes, "heap: an image costs no memory by what it says", $"{allocated} bytes");
    }

    private static void Check(NativeHeap heap, string path, long fileBytes, bool isExpected)
    {
        Promise.That(heap.Regions.All(region => region.Length > 0 && region.Length % RamBlock.PageSize == 0), "heap: regions are whole pages");
        Promise.That(heap.Regions.Sum(region => (decimal)region.Length) < fileBytes, "heap: all of it has a place in the image");
        Promise.That(
            !isExpected || heap.Regions.Select(region => (region.Name, region.Length)).Order().SequenceEqual(Expected.Select(layout => (layout.Name, layout.Length)).Order()),
            "heap: it is what was expected");
        if (fileBytes > MaxComparedBytes)
            return;
        var pages = new PagesOfImage(heap);
        using var file = SavedStateFile.Open(path);
        using (var walked = new StateInput(file))
            new StateWalker(walked, pages).Run(CancellationToken.None);
        pages.CheckTheRest();
    }

    /// <summary>The slow twin: who reads the image page by page finds what is in the heap, and nothing to complain of.</summary>
    private sealed class PagesOfImage(NativeHeap heap) : IStateVisitor
    {
        private readonly HashSet<(int Region, long Page)> _told = [];

        public void RamBlock(long offset, int index, RamSetupBlock block) => Promise.That(
            heap.Regions[index].Name == block.IdStr && heap.Regions[index].Length == (long)block.UsedLength, "heap: regions are those of the image", $"{block}");

        public void Page(long offset, int block, long page, RamRecordKind kind, ReadOnlySpan<byte> payload)
        {
            _told.Add((block, page));
            Promise.That(kind == RamRecordKind.Page && PageOf(block, page).SequenceEqual(payload), "heap: pages are those of the image", $"{page} of {block}");
        }

        public void Defect(StateDefect defect) => Promise.That(false, "heap: what is damaged is refused", $"{defect}");

        internal void CheckTheRest()
        {
            for (int region = 0; region < heap.Regions.Count; region++)
            {
                for (long page = 0; page < heap.Regions[region].Length / Savevm.Machine.Ram.RamBlock.PageSize; page++)
                    Promise.That(_told.Contains((region, page)) || !PageOf(region, page).ContainsAnyExcept((byte)0), "heap: what is not in the image is zero");
            }
        }

        private ReadOnlySpan<byte> PageOf(int region, long page) =>
            heap.Regions[region].Slice(page * Savevm.Machine.Ram.RamBlock.PageSize, (int)Savevm.Machine.Ram.RamBlock.PageSize);
    }
}
