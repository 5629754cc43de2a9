using Savevm.Machine.Ram;
using Savevm.Transport;
using Savevm.Wire;
using Savevm.Wire.ReturnPath;

namespace Savevm.Migration.ReturnPath;

/// <summary>
/// The destination's side of the return path. Several threads may speak (the loader answers pings, the fault loop asks for
/// pages): each message is written whole under one lock. On a one-way transport messages are dropped, as QEMU does.
/// </summary>
internal sealed class ReturnPathWriter(IByteChannel channel)
{
    private readonly Lock gate = new();
    private readonly WireWriter message = new();

    public void Pong(uint value) => Send(writer => ReturnMessageWriter.WritePong(writer, value));

    public void ReceivedBitmap(string blockName, AtomicPageBitmap received)
    {
        var bytes = new byte[ReturnMessageReader.GetReceivedBitmapBytes(received.PageCount)];
        received.CopyTo(bytes);
        Send(writer => ReturnMessageWriter.WriteReceivedBitmap(writer, blockName, received.PageCount, bytes));
    }

    public void ResumeAck() => Send(ReturnMessageWriter.WriteResumeAck);

    public void SwitchoverAck() => Send(ReturnMessageWriter.WriteSwitchoverAck);

    public void Shut(uint value) => Send(writer => ReturnMessageWriter.WriteShut(writer, value));

    public void RequestPages(string? blockName, ulong start, uint length) =>
        Send(writer => ReturnMessageWriter.WritePageRequest(writer, blockName, start, length));

    private void Send(Action<WireWriter> write)
    {
        if (!channel.IsBidirectional) return;
        lock (gate)
        {
            message.Clear();
            write(message);
            try
            {
                channel.Write(message.WrittenSpan);
            }
            catch (IOException broken)
            {
                throw new PeerLostException($"the source stopped reading the return path: {broken.Message}", broken);
            }
        }
    }
}
