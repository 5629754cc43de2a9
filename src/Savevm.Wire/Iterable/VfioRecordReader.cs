using System.Buffers.Binary;

namespace Savevm.Wire.Iterable;

/// <summary>
/// Passes over the bodies of devices that are passed through (idstr <c>PATH/vfio</c>). What they mean is known to the device's
/// driver alone. No allocation; any thread may call.
/// </summary>
public static class VfioRecordReader
{
    private const int MarkBytes = sizeof(ulong);

    /// <summary>Reads the next mark.</summary>
    /// <param name="window">Bytes from the mark on.</param>
    /// <param name="offset">Offset of the window in the stream.</param>
    /// <param name="mark">The mark.</param>
    /// <param name="dataBytes">Bytes of data that follow the head of <see cref="VfioMark.DataState"/>; 0 otherwise.</param>
    /// <param name="consumed">Bytes of the mark and of the length behind it.</param>
    /// <returns>False when the window is too short.</returns>
    /// <exception cref="WireException">No mark, or data over the limit.</exception>
    public static bool TryRead(ReadOnlySpan<byte> window, long offset, out VfioMark mark, out ulong dataBytes, out int consumed)
    {
        mark = default;
        dataBytes = 0;
        consumed = 0;
        if (!BinaryPrimitives.TryReadUInt64BigEndian(window, out ulong word))
            return false;
        if (word is < (ulong)VfioMark.EndOfState or > (ulong)VfioMark.ConfigLoadReady)
            throw new WireException(offset, $"0x{word:x16} where a mark of a vfio device was expected");
        if ((VfioMark)word == VfioMark.DataState)
        {
            if (!BinaryPrimitives.TryReadUInt64BigEndian(window[MarkBytes..], out ulong length))
                return false;
            if (length > WireLimits.MaxRamBytes)
                throw new WireException(offset + MarkBytes, $"{length} bytes of a vfio device");
            dataBytes = length;
            consumed = sizeof(ulong);
        }
        mark = (VfioMark)word;
        consumed += MarkBytes;
        return true;
    }

    /// <summary>
    /// Finds the mark that ends the configuration behind <see cref="VfioMark.ConfigState"/>, which has no length.
    /// </summary>
    /// <param name="window">Bytes behind the mark.</param>
    /// <param name="resumeAt">Where to go on, as position in the window: 0 at first, then passed back with the longer window.</param>
    /// <param name="length">Bytes of the configuration.</param>
    /// <returns>False when the window is too short.</returns>
    public static bool TryFindEnd(ReadOnlySpan<byte> window, ref int resumeAt, out int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(resumeAt);
        ReadOnlySpan<byte> mark = [0xff, 0xff, 0xff, 0xff, 0xef, 0x10, 0x00, 0x01];
        int from = Math.Min(resumeAt, window.Length);
        int found = window[from..].IndexOf(mark);
        length = found < 0 ? 0 : from + found;
        resumeAt = found < 0 ? Math.Max(from, window.Length - (MarkBytes - 1)) : 0;
        return found >= 0;
    }
}
