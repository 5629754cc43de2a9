using Savevm.Fuzz.Engine;
using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Machine.VMState;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Fuzz.Targets;

/// <summary>The engine with a source that may say anything, and a machine that keeps nothing.</summary>
internal static class ConversationTargets
{
    private const long MaxRamBytes = 64 << 20;
    private static readonly Type[] Refusals = [typeof(WireException), typeof(PeerLostException), typeof(PeerRefusedException), typeof(MachineRefusedException)];

    public static IEnumerable<FuzzTarget> Rows =>
    [
        new("incoming", "a whole migration into a machine that keeps nothing", Incoming, Seeds.Streams)
        {
            MaxBytes = 32768,
            MaxAllocatedBytes = 24 << 20,
            Refusals = Refusals,
        },
    ];

    private static void Incoming(ReadOnlySpan<byte> input)
    {
        var machine = new NullMachine();
        using var migration = new IncomingMigration(machine.AsDestination(), new BytesChannel(input.ToArray()));
        IncomingResult result = migration.Run(CancellationToken.None);
        Promise.That(machine.State == result.Devices, "incoming: the machine was given what the result tells");
    }

    /// <summary>Takes everything that lies inside its RAM, and keeps nothing.</summary>
    private sealed class NullMachine : IRamSink, IPageWriter, IDeviceStateSink
    {
        private IReadOnlyList<RamBlock>? _blocks;

        public DeviceState? State { get; private set; }

        public DestinationMachine AsDestination() => new(this, this, StandingMachine.Instance);

        public void DeclareBlocks(IReadOnlyList<RamBlock> blocks)
        {
            Promise.That(_blocks is null, "incoming: blocks are declared once");
            if (blocks.Sum(block => (decimal)block.UsedLength) > MaxRamBytes)
                throw new MachineRefusedException("more RAM than this machine has");
            _blocks = blocks;
        }

        public IPageWriter OpenWriter() => this;

        public void Discard(int blockIndex, long firstPage, long pageCount) => CheckPages(blockIndex, firstPage, pageCount);

        public void WritePage(int blockIndex, long pageIndex, ReadOnlySpan<byte> page)
        {
            CheckPages(blockIndex, pageIndex, 1);
            Promise.That(page.Length == RamBlock.PageSize, "incoming: a page is whole");
        }

        public void WriteZeroPage(int blockIndex, long pageIndex) => CheckPages(blockIndex, pageIndex, 1);

        public void Flush()
        {
        }

        public void Dispose()
        {
        }

        public void AcceptConfiguration(string? machineName, ReadOnlyMemory<byte> subsections)
        {
        }

        public void AcceptDevices(DeviceState state) => State = state;

        private void CheckPages(int block, long first, long count) => Promise.That(
            _blocks is not null && block >= 0 && block < _blocks.Count && first >= 0 && count > 0 && first + count <= _blocks[block].PageCount,
            "incoming: pages lie in their block",
            $"{count} pages from {first} of block {block}");
    }

    /// <summary>A source that has said everything already.</summary>
    private sealed class BytesChannel(byte[] bytes) : IByteChannel
    {
        private int _at;

        public string Name => "bytes";

        public bool IsBidirectional => true;

        public int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, bytes.Length - _at);
            bytes.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public void Write(ReadOnlySpan<byte> data)
        {
        }

        public void Write(ReadOnlySpan<MemorySegment> segments)
        {
        }

        public bool WaitReadable(TimeSpan timeout) => true;

        public void CloseWrite()
        {
        }

        public void Abort()
        {
        }

        public void Dispose()
        {
        }
    }
}
