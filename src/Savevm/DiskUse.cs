namespace Savevm;

/// <summary>What a resume does with the guest's disks.</summary>
public enum DiskUse
{
    /// <summary>Each guest writes to overlays of its own, which stay when it ends. The disks must be as they were at the capture.</summary>
    Keep,

    /// <summary>The same, and the overlays disappear when the guest has ended.</summary>
    Temporary,

    /// <summary>As <see cref="Keep"/>, even if the disks are not what they were at the capture, or are not there.</summary>
    Ignore,
}
