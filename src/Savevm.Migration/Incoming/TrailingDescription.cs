using Savevm.Wire;
using Savevm.Wire.Descriptions;
using Savevm.Wire.Forward;

namespace Savevm.Migration.Incoming;

/// <summary>The description behind the end mark, which judges where the device sections were cut. Most sources send one.</summary>
internal static class TrailingDescription
{
    private const int HeadLimit = 1 << 20;

    /// <summary>Reads it; empty where there is none. What it disagrees with becomes remarks.</summary>
    /// <param name="window">The stream, behind the end mark.</param>
    /// <param name="patience">How long a source may be silent before it counts as one without a description.</param>
    /// <param name="devices">The sections that were cut.</param>
    /// <param name="remarks">Where disagreements go.</param>
    public static byte[] Read(ForwardWindow window, TimeSpan patience, SectionCollector devices, List<string> remarks)
    {
        // A source without a description keeps a connection with return path open and says nothing more.
        if (window.Unread.IsEmpty && !window.WaitForMore(patience)) return [];
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

    private static void Need(ForwardWindow window, int limit)
    {
        if (!window.Fill(limit)) throw new PeerLostException($"the stream ended at offset 0x{window.Offset:x}, in its description");
    }
}
