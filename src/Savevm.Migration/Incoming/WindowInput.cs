using Savevm.Machine.Live;

namespace Savevm.Migration.Incoming;

/// <summary>A live section's bytes, taken from the window as they arrive.</summary>
internal sealed class WindowInput(ForwardWindow window, Action approve) : LiveInput
{
    private const int WindowLimit = 4 << 20;

    public override long Offset => window.Offset;

    public override void Read(Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (window.Unread.IsEmpty && !window.Fill(WindowLimit))
                throw new PeerLostException($"the stream ended inside a live section at offset 0x{window.Offset:x}");
            var count = Math.Min(buffer.Length, window.Unread.Length);
            window.Unread[..count].CopyTo(buffer);
            window.Consume(count);
            buffer = buffer[count..];
        }
    }

    public override void ApproveSwitchover() => approve();
}
