namespace Savevm.Hosting.DirtyTracking;

/// <summary>A tracker cannot be had here, for a reason of the kernel, of this user's rights or of the machine.</summary>
public sealed class TrackerRefusedException(string message) : Exception(message);
