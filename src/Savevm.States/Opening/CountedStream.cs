namespace Savevm.States.Opening;

/// <summary>A pipe, or whatever else can only be read forward; its bytes are counted.</summary>
internal sealed class CountedStream(Stream inner, ReadCounter counter) : ReadingStream
{
    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        counter.Add(count);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
