namespace Savevm.Linux.Userfaultfd;

/// <summary>A thread that waits for a page.</summary>
/// <param name="Address">Where it touched; the page's first byte unless exact addresses were asked for.</param>
/// <param name="IsWrite">It wants to write.</param>
/// <param name="IsWriteProtect">The page is there and write-protected.</param>
/// <param name="IsMinor">The file has the page and the mapping does not.</param>
public readonly record struct PageFault(nint Address, bool IsWrite, bool IsWriteProtect, bool IsMinor);
