using System.Buffers.Binary;
using Savevm.Wire.Forward;
using Savevm.Wire.Multifd;
using Savevm.Wire.Ram;

namespace Savevm.Wire.Channels;

/// <summary>
/// Tells connections apart by their first bytes: all go to one address, and since QEMU 8.0 not always in the same order. With TLS
/// there are no such bytes, and the order is all there is.
/// </summary>
public static class ChannelRecognition
{
    private const int MagicBytes = 4;
    private const uint CprMagic = 0x51435052;

    /// <summary>Looks at the beginning of a connection.</summary>
    /// <param name="window">First bytes of the connection.</param>
    /// <param name="kind">What it carries.</param>
    /// <returns>False when the window is too short.</returns>
    public static bool TryRecognise(ReadOnlySpan<byte> window, out ChannelKind kind)
    {
        kind = ChannelKind.Unknown;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(window, out uint magic))
            return false;
        if (window[..MagicBytes].SequenceEqual(ForwardReader.Magic))
            kind = ChannelKind.Main;
        else if (magic == MultifdInitialPacket.Magic)
            kind = ChannelKind.Multifd;
        else if (magic == CprMagic)
            kind = ChannelKind.Cpr;
        else
            return TryRecogniseElement(window, out kind);
        return true;
    }

    /// <summary>Channels without magic begin with an element that can be read.</summary>
    private static bool TryRecogniseElement(ReadOnlySpan<byte> window, out ChannelKind kind)
    {
        kind = ChannelKind.Unknown;
        try
        {
            if (window[0] == (byte)SectionType.Command)
            {
                if (!ForwardReader.TryReadCommand(window, 0, out CommandRecord? command, out _))
                    return false;
                if (command.Type is CommandType.RecvBitmap or CommandType.PostcopyResume)
                    kind = ChannelKind.Recovery;
                return true;
            }
            if (!RamRecordReader.TryRead(window, 0, out RamRecord record, out _))
                return false;
            if (!record.BlockName.IsEmpty)
                kind = ChannelKind.Preempt;
            return true;
        }
        catch (WireException)
        {
            // Not an element, so not a channel of ours: that is the answer, no defect of a stream.
            return true;
        }
    }
}
