using Savevm.Machine;
using Savevm.Machine.Ram;
using Savevm.Repository;

namespace Savevm.Resumes;

/// <summary>
/// What one guest's lazy resume takes from the snapshot's working set, and what it adds to it: at the end, and now and then for a page
/// server that lives for days. Nothing here fails a resume; what goes wrong is a note.
/// </summary>
internal sealed class WorkingSetKeeper(ResumePlan plan, IOperationObserver observer) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(2);

    private readonly Lock gate = new();
    private readonly PageRequestLog log = new(plan.Snapshot.Ram.Blocks, RepositoryLimits.WorkingSetPages);
    private readonly CancellationTokenSource end = new();
    private int added;
    private bool isOver;

    /// <summary>Where the engine notes the requests.</summary>
    public IPageRequestLog Log => log;

    /// <summary>What is to be sent before the guest runs; null for nothing.</summary>
    public PageSet? PagesBeforeRun()
    {
        // A guest that stays paused asks for nothing, and gets all of its RAM before it is handed over.
        if (plan.Request.Prefetch == Prefetch.None || !plan.GuestRan) return null;
        try
        {
            return plan.Snapshot.ReadWorkingSet()?.FirstPages(RepositoryLimits.WorkingSetPages);
        }
        catch (Exception problem) when (IsExpected(problem))
        {
            observer.Note($"the working set is not used: {problem.Message}");
            return null;
        }
    }

    /// <summary>Begins to add from time to time what is new. Seldom after a while: there is little news then.</summary>
    public void Start() => _ = KeepAsync(end.Token);

    /// <summary>Adds what is new for the last time.</summary>
    public void Dispose()
    {
        end.Cancel();
        AddNews();
        lock (gate) isOver = true;
        end.Dispose();
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested) return;
            AddNews();
        }
    }

    private void AddNews()
    {
        lock (gate)
        {
            var count = log.Count;
            if (count == added || isOver) return;
            try
            {
                plan.Snapshot.AddToWorkingSet(log.Slice(added, count), isNewResume: added == 0);
                added = count;
            }
            catch (Exception problem) when (IsExpected(problem))
            {
                // Once is enough: what refuses now will refuse again.
                isOver = true;
                observer.Note($"what the guest asked for is not kept as its working set: {problem.Message}");
            }
        }
    }

    private static bool IsExpected(Exception problem) => problem is IOException or DamagedStateException or UnauthorizedAccessException;
}
