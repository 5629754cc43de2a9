using Savevm.Hosting.Ram;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Migration.Tests.Doubles;

namespace Savevm.Migration.Tests.Background;

/// <summary>A snapshot that was taken, loaded into RAM of its own.</summary>
internal sealed class TakenImage : IDisposable
{
    private readonly GuestRam ram;
    private readonly MemoryDevices devices = new();

    public TakenImage(GuestRam like)
    {
        ram = new GuestRam([.. like.Hosted.Select(block => new RamBlockLayout(block.IdStr, block.UsedLength))]);
        Machine = new DestinationMachine(ram.OpenSink(), devices, new RecordingControl());
    }

    public DestinationMachine Machine { get; }

    public long PagesAhead { get; set; }

    /// <summary>Every page holds the last number that was written before the instant, and none from after it.</summary>
    public void AssertIsOf(NumberedMachine machine)
    {
        var bytes = new byte[sizeof(long)];
        for (var page = 0; page < machine.AtInstant.Length; page++)
        {
            ram.Hosted[0].Memory.Read((long)page * 2 * RamBlock.PageSize, bytes);
            var found = BitConverter.ToInt64(bytes);
            Assert.True(found == machine.AtInstant[page], $"page {page} holds {found}, and held {machine.AtInstant[page]} at the instant");
            ram.Hosted[0].Memory.Read((((long)page * 2) + 1) * RamBlock.PageSize, bytes);
            Assert.Equal(0, BitConverter.ToInt64(bytes));
        }
        Assert.Equal(7, devices.State!.Sections.Count);
    }

    /// <summary>The number at the beginning of a page.</summary>
    public long Read(int block, long page)
    {
        var bytes = new byte[sizeof(long)];
        ram.Hosted[block].Memory.Read(page * RamBlock.PageSize, bytes);
        return BitConverter.ToInt64(bytes);
    }

    public void Dispose() => ram.Dispose();
}
