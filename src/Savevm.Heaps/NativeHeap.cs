using System.Diagnostics;
using Savevm.Heaps.Images;
using Savevm.Heaps.Regions;
using Savevm.Hosting;
using Savevm.Hosting.Arrivals;
using Savevm.Hosting.Devices;
using Savevm.Hosting.Paging;
using Savevm.Hosting.Ram;
using Savevm.Hosting.Snapshots;
using Savevm.Machine;
using Savevm.Migration.Background;
using Savevm.Migration.Incoming;
using Savevm.Transport;
using Savevm.Transport.Channels;
using Savevm.VMState.Registries;

namespace Savevm.Heaps;

/// <summary>
/// Native memory of this process that can be saved as it is at one instant while everybody goes on writing to it, and that comes back from the image. A
/// program that saves calls <see cref="MemoryPager.ServeIfAsked"/> at its beginning.
/// </summary>
/// <remarks>
/// An image is a migration stream of a machine without devices, in the form mapped-ram: <c>savevm inspect</c> and <c>verify</c> read it. Any thread may call;
/// one snapshot is taken at a time.
/// </remarks>
public sealed class NativeHeap : IDisposable
{
    private const string MachineName = "heap";

    private readonly GuestRam ram;
    private readonly HostedDevices devices;
    private readonly HeapRecord record;
    private RamArrival? arrival;
    private int saving;

    /// <summary>Makes a heap whose regions are zero and take no memory before they are written to.</summary>
    /// <exception cref="MachineRefusedException">A name or length is impossible.</exception>
    /// <exception cref="IOException">The kernel has no room for it.</exception>
    public NativeHeap(IReadOnlyList<HeapRegionLayout> layouts)
        : this(layouts, new HeapRecord())
    {
    }

    private NativeHeap(IReadOnlyList<HeapRegionLayout> layouts, HeapRecord record)
    {
        ArgumentNullException.ThrowIfNull(layouts);
        this.record = record;
        devices = DevicesOf(record);
        ram = new GuestRam([.. layouts.Select(BlockOf)]);
        Regions = [.. ram.Hosted.Select(block => new HeapRegion(block))];
    }

    /// <summary>The regions in their order.</summary>
    public IReadOnlyList<HeapRegion> Regions { get; }

    /// <summary>Snapshots that were taken of it, those before it was loaded included.</summary>
    public ulong SnapshotCount => record.Number;

    /// <summary>Completed when all of it is there: from the beginning, but for a heap that was resumed. Cancelled when it is disposed of before.</summary>
    public Task Arrival => arrival?.Completion ?? Task.CompletedTask;

    /// <summary>The region of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public HeapRegion this[string name] =>
        Regions.FirstOrDefault(region => region.Name == name) ?? throw new KeyNotFoundException($"the heap has no region '{name}'");

    /// <summary>Brings a heap back from its image. When this returns all of it is there.</summary>
    /// <param name="path">The image.</param>
    /// <param name="layouts">The regions that it must have, in any order, and what shall lie under them; null for what the image has.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="HeapImageException">It is no image of a heap, not whole, or one of other regions.</exception>
    /// <exception cref="IOException">It cannot be read, or there is no room for it.</exception>
    public static NativeHeap Load(string path, IReadOnlyList<HeapRegionLayout>? layouts = null, CancellationToken cancellationToken = default) =>
        Open(path, layouts, (image, heap) => new RegionReader(image, heap.ram.Hosted, cancellationToken).Run(), cancellationToken);

    /// <summary>
    /// Brings a heap back at once, whatever its size: what is touched comes when it is touched, by a process of its own, and all of the rest meanwhile. Where
    /// this kernel or this user has no faults for missing pages, and for regions in huge pages, it reads first, as <see cref="Load"/> does.
    /// </summary>
    /// <remarks>
    /// Until <see cref="Arrival"/> is completed the kernel ends this process, as by SIGKILL, if that other one ends, because memory would be lost; the image must stay
    /// as it is (another may take its name), and memory is not given back to the kernel by madvise. A snapshot begins when everything is there.
    /// </remarks>
    /// <param name="path">The image.</param>
    /// <param name="layouts">As for <see cref="Load"/>.</param>
    /// <param name="pager">The process that brings pages; null for this program itself, which has called <see cref="MemoryPager.ServeIfAsked"/>.</param>
    /// <param name="cancellationToken">Ends it, until it returns.</param>
    /// <inheritdoc cref="Load" path="/exception"/>
    /// <exception cref="MachineRefusedException">The program serves no faults.</exception>
    public static NativeHeap Resume(
        string path, IReadOnlyList<HeapRegionLayout>? layouts = null, PagerOptions? pager = null, CancellationToken cancellationToken = default) =>
        Open(path, layouts, (image, heap) => heap.arrival = new RegionArrival(image, heap.ram, pager ?? new PagerOptions(), cancellationToken).Begin(), cancellationToken);

    /// <summary>
    /// A heap that another process sends by <see cref="SendAsync"/>, or that was sent into a file: an ordinary migration stream. When it returns all of it is there.
    /// </summary>
    /// <param name="channel">What it comes by.</param>
    /// <param name="layouts">The regions that it must have, in their order, and what shall lie under them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="MachineRefusedException">It is no heap, or one of other regions.</exception>
    /// <exception cref="Wire.WireException">The stream is damaged.</exception>
    /// <exception cref="IOException">The connection broke, or there is no room for it.</exception>
    public static NativeHeap Receive(IByteChannel channel, IReadOnlyList<HeapRegionLayout> layouts, CancellationToken cancellationToken = default)
    {
        var record = new HeapRecord();
        var heap = new NativeHeap(layouts, record);
        try
        {
            using var incoming = new IncomingMigration(new DestinationMachine(heap.ram.OpenSink(), heap.devices, new HeapWriters(null)), channel);
            incoming.Run(cancellationToken);
            return heap;
        }
        catch
        {
            heap.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Saves it as it is at one instant. The image takes the place of the one at the path, if any, when it is whole and on the disk; until then, and whatever
    /// happens, that one stays.
    /// </summary>
    /// <returns>Completed when the image is there.</returns>
    /// <exception cref="MachineRefusedException">This kernel or this user has no write protection with faults, or the program serves none.</exception>
    /// <exception cref="IOException">The disk is full or failed, or the pager ended. The heap is as if nothing had happened; so in every other case.</exception>
    /// <exception cref="InvalidOperationException">Another snapshot is being taken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<HeapSnapshotResult> SaveAsync(string path, HeapSnapshotOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Run(options, (chosen, begun) =>
        {
            using var file = HeapImageFile.Create(path);
            // The channel closes its descriptor; the lock and the rest need their own.
            using var channel = new FileChannel(Linux.Descriptors.Descriptor.Duplicate(file.File.Handle), path);
            var (snapshot, ahead) = Save(channel, mapped: true, chosen, cancellationToken);
            file.Commit(chosen.Flush);
            return ResultOf(snapshot, ahead, begun);
        });
    }

    /// <summary>
    /// Saves it to a channel, such as a socket, as a migration stream of the ordinary form. Who reads it can make a file of it that <c>savevm</c> reads.
    /// </summary>
    /// <inheritdoc cref="SaveAsync(string, HeapSnapshotOptions?, CancellationToken)" path="/exception"/>
    public Task<HeapSnapshotResult> SendAsync(IByteChannel channel, HeapSnapshotOptions? options = null, CancellationToken cancellationToken = default) =>
        Run(options, (chosen, begun) =>
        {
            var (snapshot, ahead) = Save(channel, mapped: false, chosen, cancellationToken);
            return ResultOf(snapshot, ahead, begun);
        });

    /// <summary>Gives the memory back. Nobody uses it any more.</summary>
    /// <exception cref="InvalidOperationException">A snapshot is being taken.</exception>
    public void Dispose()
    {
        arrival?.Dispose();
        ram.Dispose();
    }

    private static NativeHeap Open(string path, IReadOnlyList<HeapRegionLayout>? layouts, Action<HeapImage, NativeHeap> fill, CancellationToken cancellationToken)
    {
        var record = new HeapRecord();
        using var image = HeapImage.Open(path, DevicesOf(record), cancellationToken);
        NativeHeap heap;
        try
        {
            heap = new NativeHeap(Match(image, layouts), record);
        }
        catch (MachineRefusedException refused)
        {
            throw new HeapImageException(path, refused.Message, refused);
        }
        try
        {
            fill(image, heap);
            return heap;
        }
        catch
        {
            heap.Dispose();
            throw;
        }
    }

    private static HostedDevices DevicesOf(HeapRecord record)
    {
        var registry = new DeviceRegistry();
        registry.Add(record, HeapRecord.Description);
        return new HostedDevices(MachineName, registry);
    }

    private static RamBlockLayout BlockOf(HeapRegionLayout layout) => new(layout.Name, layout.Length)
    {
        Backing = layout.Memory switch
        {
            HeapMemory.MemoryFile => RamBacking.MemoryFile,
            HeapMemory.HugeMemoryFile => RamBacking.HugeMemoryFile,
            _ => RamBacking.Anonymous,
        },
        HugePages = layout.HugePages,
    };

    private static List<HeapRegionLayout> Match(HeapImage image, IReadOnlyList<HeapRegionLayout>? layouts)
    {
        if (layouts is null) return [.. image.Regions.Select(region => new HeapRegionLayout(region.Name, region.Length))];
        var matched = new List<HeapRegionLayout>();
        foreach (var region in image.Regions)
        {
            var layout = layouts.FirstOrDefault(layout => layout.Name == region.Name)
                ?? throw new HeapImageException(image.Path, $"the image has a region '{region.Name}', which is not expected");
            if (layout.Length != region.Length)
                throw new HeapImageException(image.Path, $"region '{region.Name}' has {region.Length} bytes in the image, and {layout.Length} are expected");
            matched.Add(layout);
        }
        return layouts.Except(matched).FirstOrDefault() is { } missing
            ? throw new HeapImageException(image.Path, $"the image has no region '{missing.Name}'")
            : matched;
    }

    private Task<HeapSnapshotResult> Run(HeapSnapshotOptions? options, Func<HeapSnapshotOptions, long, HeapSnapshotResult> save)
    {
        if (Interlocked.Exchange(ref saving, 1) != 0) throw new InvalidOperationException("Another snapshot of this heap is being taken.");
        // A thread of its own: it blocks, and whoever pauses may need to release on the thread that took.
        return Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return save(options ?? new HeapSnapshotOptions(), Stopwatch.GetTimestamp());
                }
                finally
                {
                    Volatile.Write(ref saving, 0);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously,
            TaskScheduler.Default);
    }

    private (BackgroundSnapshot Snapshot, long PagesAhead) Save(IByteChannel channel, bool mapped, HeapSnapshotOptions options, CancellationToken cancellationToken)
    {
        // What has not arrived cannot be protected. Nobody but this thread waits.
        Arrival.Wait(cancellationToken);
        record.Next(TimeProvider.System.GetUtcNow());
        using var frozen = new FrozenRam(ram, options.Pager);
        Machine.Ram.IFrozenRam watched = options.Progress is { } progress ? new WatchedRam(frozen, progress) : frozen;
        var machine = new FreezableMachine(devices.Outline, watched, devices, new HeapWriters(options.Pause));
        var snapshot = new BackgroundSnapshot(machine, channel) { MappedRam = mapped };
        snapshot.Run(cancellationToken);
        return (snapshot, frozen.PagesAhead);
    }

    private HeapSnapshotResult ResultOf(BackgroundSnapshot snapshot, long pagesAhead, long begun) => new(
        record.Number, snapshot.Statistics.Downtime, Stopwatch.GetElapsedTime(begun), snapshot.Statistics.TransferredBytes, pagesAhead);
}
