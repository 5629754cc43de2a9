namespace Savevm.Heaps;

/// <summary>A file is no image of a heap, is damaged or cut off, or is the image of another heap.</summary>
/// <param name="path">The file.</param>
/// <param name="reason">What is wrong with it, in a sentence fragment.</param>
/// <param name="cause">What found it.</param>
public sealed class HeapImageException(string path, string reason, Exception? cause = null) : IOException($"{path}: {reason}", cause)
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
