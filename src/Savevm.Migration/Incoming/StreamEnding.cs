using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Incoming;

/// <summary>What may follow the end mark of a stream: a description, and then nothing.</summary>
internal static class StreamEnding
{
    private const int HeadLimit = 1 << 20;

    // How long a source may keep an ended stream open before it counts as ended.
    private static readonly TimeSpan EndSilence = TimeSpan.FromSeconds(5);

    /// <summary>Reads the description where there is one; empty where there is none.</summary>
    public static byte[] ReadDescription(ForwardWindow window, SectionCollector devices, List<string> remarks)
    {
        // A source without a description keeps a connection with return path open and says nothing more.
        if (window.Unread.IsEmpty && !window.WaitForMore(EndSilence)) return [];
        if (window.Unread.IsEmpty && !window.Fill(HeadLimit)) return [];
        if (window.Unread[0] != (byte)SectionType.VMDescription) return [];
        int length;
        int consumed;
        while (!ForwardReader.TryReadDescriptionHeader(window.Unread, window.Offset, out length, out consumed)) Need(window, HeadLimit);
        window.Consume(consumed);
        while (window.Unread.Length < length) Need(window, WireLimits.MaxDescriptionBytes);
        var description = window.Unread[..length].ToArray();
        if (length > 0)
        {
            try
            {
                remarks.AddRange(devices.CompareWith(VMDescription.Parse(description, window.Offset).Entries));
            }
            catch (WireException unreadable)
            {
                // QEMU loads a stream whatever its description says; a snapshot of it is as good as the stream was.
                remarks.Add($"the description cannot be used: {unreadable.Message}");
            }
        }
        window.Consume(length);
        return description;
    }

    /// <summary>
    /// A guest that controls the contents of a device's buffer can forge an early end of the device state. Then the true rest
    /// follows; a true end is followed by nothing, and the source closes the connection as soon as it has heard us.
    /// </summary>
    /// <param name="window">The stream.</param>
    /// <param name="canConfirm">The source was told that everything is here, and ends the stream when it has heard that.</param>
    public static void AwaitEnd(ForwardWindow window, bool canConfirm)
    {
        try
        {
            if (window.Unread.IsEmpty && (!window.WaitForMore(EndSilence) || !window.Fill(HeadLimit))) return;
        }
        catch (PeerLostException broken) when (canConfirm)
        {
            // It may not have heard us, and then the machine goes on there.
            throw new PeerLostException($"{broken.Message}; everything is here, but the source may not know, and let the machine go on there", broken);
        }
        catch (PeerLostException)
        {
            return;
        }
        throw new WireException(window.Offset, "bytes follow the end of the stream: its end was not the true one");
    }

    private static void Need(ForwardWindow window, int limit)
    {
        if (!window.Fill(limit)) throw new PeerLostException($"the stream ended inside its description at offset 0x{window.Offset:x}");
    }
}
