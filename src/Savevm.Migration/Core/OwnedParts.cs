namespace Savevm.Migration.Core;

/// <summary>What a migration opened on its way, disposed together when it ends: the last one first.</summary>
internal sealed class OwnedParts : IDisposable
{
    private readonly Stack<IDisposable> parts = new();

    /// <summary>Takes a part over.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        parts.Push(part);
        return part;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (parts.TryPop(out var part)) part.Dispose();
    }
}
