using Savevm.VMState.Descriptions;

namespace Savevm.Heaps.Images;

/// <summary>What an image says of itself: the one device of a heap. It stands behind all regions, so an image without it is not whole.</summary>
internal sealed class HeapRecord
{
    /// <summary>Its name in images.</summary>
    public const string Name = "heap";

    private ulong number;
    private long taken;

    /// <summary>How it is saved.</summary>
    public static VMStateDescription<HeapRecord> Description { get; } = new VMStateBuilder<HeapRecord>(Name, 1)
        .Field("number", static (ref record) => ref record.number)
        .Field("taken", static (ref record) => ref record.taken)
        .Build();

    /// <summary>Snapshots of this heap, that of the image included.</summary>
    public ulong Number => number;

    /// <summary>Another snapshot is about to be taken.</summary>
    public void Next(DateTimeOffset now)
    {
        number++;
        taken = now.ToUnixTimeMilliseconds();
    }
}
