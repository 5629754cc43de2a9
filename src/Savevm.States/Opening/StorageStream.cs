namespace Savevm.States.Opening;

/// <summary>Reads a file from a position on, whatever else is read of it meanwhile.</summary>
internal sealed class StorageStream(StateStorage storage, long position, bool leaveOpen = false) : ReadingStream
{
    private long _position = position;

    public override int Read(Span<byte> buffer)
    {
        int count = storage.Read(buffer, _position);
        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            storage.Dispose();
        base.Dispose(disposing);
    }
}
