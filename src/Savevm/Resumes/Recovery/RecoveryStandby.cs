using Savevm.Linux;
using Savevm.Qemu.Qmp;
using Savevm.Qemu.Recovery;

namespace Savevm.Resumes.Recovery;

/// <summary>
/// What makes a lazy resume survive us: the right to serve the guest's pages, which ends with this process; a process that keeps the monitor;
/// and, in the run directory, what another one needs to go on. Without it nothing is lost that would not be lost anyway, and that is said.
/// </summary>
internal sealed class RecoveryStandby : IDisposable
{
    private readonly string directory;
    private readonly IDisposable right;
    private readonly KeptMonitor? keeper;
    private bool mustStay;

    private RecoveryStandby(string directory, IDisposable right, KeptMonitor? keeper)
    {
        this.directory = directory;
        this.right = right;
        this.keeper = keeper;
    }

    /// <summary>Takes the right and starts the keeper.</summary>
    /// <param name="request">What was asked for; it names the program that keeps monitors.</param>
    /// <param name="directory">The guest's run directory.</param>
    /// <param name="client">Its monitor.</param>
    /// <param name="observer">Told what cannot be recovered.</param>
    /// <param name="isKept">The keeper of another process has this monitor already.</param>
    /// <exception cref="SavevmException">Another process serves this guest.</exception>
    public static RecoveryStandby Begin(ResumeRequest request, string directory, QmpClient client, IOperationObserver observer, bool isKept = false)
    {
        var right = UnfinishedPostcopy.TryServe(directory) ?? throw new SavevmException(
            ExitCode.Failed, $"recovery of {request.Name}", "another savevm serves the pages of this guest", "savevm show NAME lists the guests and what they wait for");
        return new RecoveryStandby(directory, right, isKept ? null : Keep(request, directory, client, observer));
    }

    private static KeptMonitor? Keep(ResumeRequest request, string directory, QmpClient client, IOperationObserver observer)
    {
        if (request.KeeperCommand is not { Count: > 0 } words) return null;
        try
        {
            return KeptMonitor.Start(words, directory, client);
        }
        catch (LinuxException failure)
        {
            observer.Warning($"the guest cannot be recovered if savevm is killed while it waits for RAM: no process keeps its monitor ({failure.Message})");
            return null;
        }
    }

    /// <summary>Writes down what another process needs; before the guest runs.</summary>
    public void Describe(UnfinishedPostcopy unfinished) => unfinished.Write(directory);

    /// <summary>The guest runs and waits for RAM: whatever happens to us, what another process needs stays.</summary>
    public void GuestRuns() => mustStay = true;

    /// <summary>The guest has all its RAM, or is no more.</summary>
    public void GuestIsWhole()
    {
        UnfinishedPostcopy.Remove(directory);
        mustStay = false;
        if (keeper is null) KeptMonitor.End(directory);
    }

    /// <summary>Gives the right back. The keeper ends, unless the guest still waits.</summary>
    public void Dispose()
    {
        if (mustStay) keeper?.Leave();
        else keeper?.Dispose();
        right.Dispose();
    }
}
