using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Live;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>A hosted machine to which a <see cref="WritingMachine"/> is sent.</summary>
internal sealed class Destination : IDisposable
{
    private readonly GuestRam ram;
    private readonly MemoryDevices devices;

    public Destination(GuestRam like, Action? taken = null, IReadOnlyList<ILiveLoader>? loaders = null)
    {
        devices = new MemoryDevices { Taken = taken };
        ram = new GuestRam([.. like.Hosted.Select(block => block.Layout)]);
        Machine = new DestinationMachine(ram.OpenSink(), devices, Control) { Loaders = loaders ?? [] };
    }

    public RecordingControl Control { get; } = new();

    public DestinationMachine Machine { get; }

    public void AssertEquals(WritingMachine source)
    {
        for (var block = 0; block < ram.Blocks.Count; block++)
        {
            var bytes = new byte[ram.Blocks[block].UsedLength];
            ram.Hosted[block].Memory.Read(0, bytes);
            Assert.True(source.Content(block).AsSpan().SequenceEqual(bytes), $"block {block} differs");
        }
        Assert.Equal(source.Devices.State!.Sections.Count, devices.State!.Sections.Count);
    }

    public void Dispose() => ram.Dispose();
}
