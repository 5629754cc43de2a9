using Savevm.Qemu.Recovery;

namespace Savevm;

/// <summary>
/// The process that keeps the monitor of a lazily resumed guest, so that the guest can be recovered when its page server is killed
/// (<see cref="ResumeRequest.KeeperCommand"/>).
/// </summary>
public static class MonitorKeeper
{
    /// <summary>
    /// Gives the monitor to whoever recovers the guest, until its QEMU has ended or it has all its RAM. To be called by a process that
    /// <see cref="ResumeRequest.KeeperCommand"/> started: it takes descriptors over that only such a process has.
    /// </summary>
    public static void Serve() => KeptMonitor.Serve();
}
