namespace Savevm.Migration.Tests.Doubles;

/// <summary>One end of a conversation: an engine blocks the thread it runs on.</summary>
internal static class EngineThread
{
    /// <summary>Runs it to its end; the failure, where there was one.</summary>
    public static Task<Exception?> Run(Action action)
    {
        var done = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                action();
                done.SetResult(null);
            }
            catch (Exception failure)
            {
                done.SetResult(failure);
            }
        })
        { IsBackground = true }.Start();
        return done.Task;
    }
}
