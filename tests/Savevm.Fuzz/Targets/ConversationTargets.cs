using Savevm.Fuzz.Engine;
using Savevm.Machine;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Transport;
using Savevm.Wire;

namespace Savevm.Fuzz.Targets;

/// <summary>The engine with a source that may say anything, and a machine that keeps nothing.</summary>
internal static class ConversationTargets
{
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
