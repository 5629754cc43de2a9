namespace Savevm.Qemu.Source;

/// <summary>How the state of a running guest is taken.</summary>
public enum SourceMode
{
    /// <summary>Precopy: the guest runs while its RAM is copied, and stands still for the last round.</summary>
    Live,

    /// <summary>QEMU's background-snapshot: the state of the first instant, copied while the guest goes on.</summary>
    Background,

    /// <summary>The guest is paused first.</summary>
    Stop,
}
