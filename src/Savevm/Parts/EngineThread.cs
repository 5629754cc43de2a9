namespace Savevm.Parts;

/// <summary>
/// Runs an engine on a thread of its own: engines block in system calls, which costs a pool thread and a sixth of the
/// throughput when made asynchronous.
/// </summary>
internal static class EngineThread
{
    /// <summary>Starts <paramref name="engine"/>; the task ends with it.</summary>
    public static Task<T> Start<T>(string name, Func<T> engine)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(engine());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        })
        { IsBackground = true, Name = name };
        thread.Start();
        return done.Task;
    }
}
