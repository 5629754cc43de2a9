namespace Savevm.Transport.Tests;

/// <summary>A way to make a writer and a reader that are connected, for the conformance suite.</summary>
public sealed class Connection(IByteChannel writer, IByteChannel reader, params IDisposable[] others) : IDisposable
{
    public IByteChannel Writer { get; } = writer;

    public IByteChannel Reader { get; } = reader;

    public void Dispose()
    {
        // A test that failed may have left threads blocked in them.
        Writer.Abort();
        Reader.Abort();
        Writer.Dispose();
        Reader.Dispose();
        foreach (var other in others) other.Dispose();
    }
}
