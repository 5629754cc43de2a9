namespace Savevm.Heaps.Images;

/// <summary>Where a region lies in an image.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="BitmapPosition">Where the bitmap of its pages begins in the file.</param>
/// <param name="PagesPosition">Where its first page begins in the file.</param>
internal sealed record ImageRegion(string Name, long Length, long BitmapPosition, long PagesPosition);
