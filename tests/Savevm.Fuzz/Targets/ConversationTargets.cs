using Savevm.Fuzz.Engine;
using Savevm.Machine;
using Savevm.Migration;
using Savevm.Migration.Incoming;
using Savevm.Migration.Outgoing;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Multifd;
using Savevm.Wire.ReturnPath;

namespace Savevm.Fuzz.Targets;

/// <summary>The engine with a peer that may say anything.</summary>
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
        new("incoming-multifd", "a whole migration whose pages come on a multifd channel", IncomingMultifd, MultifdStreams)
        {
            MaxBytes = 65536,
            MaxAllocatedBytes = 24 << 20,
            Refusals = Refusals,
        },
        new("outgoing", "a migration whose destination may say anything on the return path", Outgoing, ReturnPaths)
        {
            MaxBytes = 1024,
            MaxAllocatedBytes = 8 << 20,
            Refusals = Refusals,
        },
    ];

    private static void Incoming(ReadOnlySpan<byte> input)
    {
        var machine = new NullMachine();
        using var channel = new BytesChannel(input.ToArray());
        using var migration = new IncomingMigration(machine.AsDestination(), channel);
        IncomingResult result = migration.Run(CancellationToken.None);
        Promise.That(machine.State == result.Devices, "incoming: the machine was given what the result tells");
    }

    /// <summary>The first three bytes say how long the main stream is; the rest is the channel's.</summary>
    private static void IncomingMultifd(ReadOnlySpan<byte> input)
    {
        if (input.Length < 3)
            return;
        int length = Math.Min((input[0] << 16) | (input[1] << 8) | input[2], input.Length - 3);
        var machine = new NullMachine();
        using var channels = new ChannelSet(
            new BytesChannel(input.Slice(3, length).ToArray()), null, [new BytesChannel(input[(3 + length)..].ToArray())]);
        using var migration = new IncomingMigration(machine.AsDestination(), channels);
        migration.Run(CancellationToken.None);
    }

    private static IEnumerable<byte[]> MultifdStreams()
    {
        var initial = new WireWriter();
        new MultifdInitialPacket(Guid.Empty, 0).Write(initial);
        var head = new byte[MultifdPacketWriter.RamHeaderBytes];
        MultifdPacketWriter.WriteSync(head, 0);
        byte[] sync = [.. head];
        MultifdPacketWriter.WritePages(head, 1, "m"u8, [0], [0x1000], MultifdCompression.None, 0x1000);
        byte[] packet = [.. head, .. new byte[0x1000]];
        foreach (byte[] stream in Seeds.Streams())
        {
            // Each body of RAM wants its own mark, and how many a stream has only a reader knows.
            byte[][] marks = [sync, [.. sync, .. sync], [.. sync, .. sync, .. sync], [.. sync, .. sync, .. sync, .. sync]];
            byte[] length = [(byte)(stream.Length >> 16), (byte)(stream.Length >> 8), (byte)stream.Length];
            foreach (byte[] more in marks)
                yield return [.. length, .. stream, .. initial.WrittenSpan, .. sync, .. packet, .. more];
        }
    }

    /// <summary>The first byte says whether it is a postcopy; the return path follows.</summary>
    private static void Outgoing(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        var machine = new SmallMachine();
        using var channel = new BytesChannel(input[1..].ToArray());
        using var channels = new ChannelSet(channel);
        var migration = new OutgoingMigration(
            new SourceMachine(machine, machine, StandingMachine.Instance),
            channels,
            new OutgoingOptions { Postcopy = (input[0] & 1) != 0, PushUnrequested = (input[0] & 2) != 0 });
        try
        {
            migration.Run(CancellationToken.None);
        }
        finally
        {
            // Whatever is asked for, a page is sent once, and a mark or two for each message.
            Promise.That(channel.WrittenBytes < SmallMachine.Bytes + 65536, "outgoing: no page is sent twice", $"{channel.WrittenBytes} bytes");
        }
    }

    private static IEnumerable<byte[]> ReturnPaths()
    {
        yield return [0, .. Seeds.ReturnPaths().Last()];
        var precopy = new WireWriter();
        ReturnMessageWriter.WriteShut(precopy, 0);
        yield return [0, .. precopy.WrittenSpan];
        foreach (byte kind in (byte[])[1, 3])
        {
            var writer = new WireWriter();
            writer.WriteByte(kind);
            ReturnMessageWriter.WritePong(writer, 1);
            ReturnMessageWriter.WritePageRequest(writer, "pc.ram", 0x1000, 0x1000);
            ReturnMessageWriter.WritePageRequest(writer, null, 0x3000, 0x2000);
            ReturnMessageWriter.WritePageRequest(writer, "vga.vram", 0, 0x8000);
            ReturnMessageWriter.WritePageRequest(writer, "pc.ram", 0, 0x18000);
            ReturnMessageWriter.WriteShut(writer, 0);
            yield return writer.WrittenSpan.ToArray();
        }
    }
}
