using Savevm.Machine.Ram;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.Forward;
using Savevm.Wire.Ram;

namespace Savevm.Migration.Tests.Doubles;

/// <summary>
/// The far side of a relay: says what a test wants, and counts the pages that come after the switch. One block; a stream that begins with a header is not
/// looked at before its package.
/// </summary>
internal sealed class RelayedDestination
{
    private readonly IByteChannel channel;
    private readonly Dictionary<ulong, int> counts = [];
    private readonly Dictionary<ulong, byte> contents = [];
    private readonly Lock gate = new();
    private byte[] unread = [];
    private bool isPostcopy, isInSection;

    public RelayedDestination(IByteChannel channel)
    {
        this.channel = channel;
        Ended = EngineThread.Run(Read);
    }

    public Task<Exception?> Ended { get; }

    /// <summary>Bytes that came.</summary>
    public long Received { get; private set; }

    /// <summary>The end mark came.</summary>
    public bool Ends { get; private set; }

    /// <summary>The first byte of a page as it came last.</summary>
    public byte Content(ulong address)
    {
        lock (gate) return contents.GetValueOrDefault(address);
    }

    /// <summary>How often a page came since the switch.</summary>
    public int Count(ulong address)
    {
        lock (gate) return counts.GetValueOrDefault(address);
    }

    public void Say(string hex) => Say(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    public void Say(ReadOnlySpan<byte> bytes) => channel.Write(bytes);

    public void Break() => channel.Abort();

    private void Read()
    {
        var buffer = new byte[1 << 16];
        while (channel.Read(buffer) is > 0 and var count)
        {
            lock (gate)
            {
                unread = [.. unread, .. buffer.AsSpan(0, count)];
                isPostcopy |= Received == 0 && unread[0] != (byte)'Q';
                if (!isPostcopy) Skip();
                while (isPostcopy && Advance(unread, out var understood)) unread = unread[understood..];
                Received += count;
            }
        }
        // As one does whose source is gone.
        if (!isPostcopy) channel.CloseWrite();
    }

    /// <summary>Passes over what comes before the package, and the package; what follows is ours.</summary>
    private void Skip()
    {
        var at = unread.AsSpan().IndexOf("\x08\0\x07\0\x04"u8);
        if (at < 0 || unread.Length < at + 9) return;
        var end = at + 9 + (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(unread.AsSpan(at + 5));
        if (unread.Length < end) return;
        unread = unread[end..];
        isPostcopy = true;
    }

    private bool Advance(ReadOnlySpan<byte> window, out int consumed)
    {
        consumed = 0;
        if (window.IsEmpty) return false;
        if (isInSection) return TakeRecord(window, out consumed);
        switch ((SectionType)window[0])
        {
            case SectionType.Part or SectionType.End:
                return isInSection = ForwardReader.TryReadSectionHeader(window, 0, out _, out consumed);
            case SectionType.Footer:
                consumed = 5;
                return window.Length >= 5;
            case SectionType.Command:
                if (!ForwardReader.TryReadCommand(window, 0, out var command, out consumed)) return false;
                if (command.Type == CommandType.Ping) Pong(command.Value);
                return true;
            default:
                (Ends, consumed) = (window[0] == (byte)SectionType.Eof, 1);
                return true;
        }
    }

    private bool TakeRecord(ReadOnlySpan<byte> window, out int consumed)
    {
        if (!RamRecordReader.TryRead(window, 0, out var record, out consumed)) return false;
        if (record.Kind == RamRecordKind.EndOfSection)
        {
            isInSection = false;
            return true;
        }
        if (record.Kind == RamRecordKind.Page)
        {
            if (window.Length < consumed + RamBlock.PageSize) return false;
            contents[record.Address] = window[consumed];
            consumed += RamBlock.PageSize;
        }
        counts[record.Address] = counts.GetValueOrDefault(record.Address) + 1;
        return true;
    }

    private void Pong(uint value)
    {
        var message = new WireWriter();
        Wire.ReturnPath.ReturnMessageWriter.WritePong(message, value);
        channel.Write(message.WrittenSpan);
    }
}
