using Savevm.Linux;
using Savevm.Linux.Userfaultfd;

namespace Savevm.Hosting.Snapshots;

/// <summary>What of write protection with faults this kernel and this user have.</summary>
public static class WriteProtection
{
    private const UserfaultfdFeatures Least = UserfaultfdFeatures.PageFaultFlagWriteProtect;

    // From the best to the least: with memory files and pages that nobody wrote to yet (6.4), with memory files (5.19), anonymous memory (5.7).
    private static readonly UserfaultfdFeatures[] Wishes =
    [
        Least | UserfaultfdFeatures.WriteProtectHugetlbfsShmem | UserfaultfdFeatures.WriteProtectUnpopulated,
        Least | UserfaultfdFeatures.WriteProtectHugetlbfsShmem,
        Least,
    ];

    /// <summary>Why RAM cannot be held for a snapshot; null when it can.</summary>
    public static string? Refusal()
    {
        try
        {
            Open(out _).Dispose();
            return null;
        }
        catch (LinuxException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Opens a userfaultfd with as much as there is.</summary>
    internal static FaultDescriptor Open(out bool protectsUnpopulated)
    {
        LinuxException? last = null;
        foreach (var wish in Wishes)
        {
            // With the faults of system calls and KVM where this user may have them.
            foreach (var userModeOnly in new[] { false, true })
            {
                try
                {
                    var opened = FaultDescriptor.Open(wish, userModeOnly);
                    protectsUnpopulated = (wish & UserfaultfdFeatures.WriteProtectUnpopulated) != 0;
                    return opened;
                }
                catch (LinuxException refused)
                {
                    last = refused;
                }
            }
        }
        throw last!;
    }
}
