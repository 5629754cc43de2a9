using Savevm.Wire.Forward;

namespace Savevm.Migration.Relay;

/// <summary>
/// The last bytes of a stream, which tell whether it ended or was cut. Only that tells it where the destination says nothing: a source that was killed closes
/// its connection as one does that is done.
/// </summary>
internal sealed class StreamTail
{
    private const int FooterBytes = 5;

    private readonly byte[] bytes = new byte[16];
    private int count;

    /// <summary>Sees more of the stream.</summary>
    public void Add(ReadOnlySpan<byte> more)
    {
        if (more.Length >= bytes.Length)
        {
            more[^bytes.Length..].CopyTo(bytes);
            count = bytes.Length;
            return;
        }
        var kept = Math.Min(count, bytes.Length - more.Length);
        bytes.AsSpan(count - kept, kept).CopyTo(bytes);
        more.CopyTo(bytes.AsSpan(kept));
        count = kept + more.Length;
    }

    /// <summary>
    /// The stream can be whole: it ends with the description (a JSON object, or an empty one), or with the end mark behind the footer of a section where
    /// there is none.
    /// </summary>
    public bool IsEnd
    {
        get
        {
            var seen = bytes.AsSpan(0, count);
            return seen is [.., (byte)'}'] or [.., (byte)SectionType.VMDescription, 0, 0, 0, 0]
                || (seen is [.., (byte)SectionType.Eof] && seen.Length > FooterBytes && seen[^(FooterBytes + 1)] == (byte)SectionType.Footer);
        }
    }
}
