using System.Globalization;

namespace Savevm.Cli.Detached;

/// <summary>
/// The command's side of <c>resume --detach</c>: starts this program once more in the background, passes on what it says until its guests
/// run, and returns. If it fails before, so does the command, with its exit code.
/// </summary>
internal static class DetachedResume
{
    internal static async Task<ExitCode> StartAsync(Invocation invocation)
    {
        using BackgroundProcess server = BackgroundProcess.Start([ServeResumeCommand.Verb, "--", .. invocation.Words]);
        // Before a guest runs, Ctrl-C ends the whole resume as it would in the foreground.
        using CancellationTokenRegistration registration = invocation.Interrupt.Register(server.Interrupt);
        int failed = 0;
        while (await server.Output.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
        {
            switch (line.Length == 0 ? '\0' : line[0])
            {
                case HandOver.Result:
                    invocation.Pane.Result(line[1..]);
                    break;
                case HandOver.Message:
                    invocation.Pane.Say(line[1..]);
                    break;
                case HandOver.Finished when line.Length == 1 || int.TryParse(line.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out failed):
                    if (!invocation.IsJson)
                    {
                        string id = server.Id.ToString(CultureInfo.InvariantCulture);
                        invocation.Pane.Say($"note: process {id} goes on in the background until the RAM of all guests has arrived");
                    }

                    return failed == 0 ? ExitCode.Done : throw Commands.ResumeCommand.SomeFailed(invocation, failed);
                default:
                    // Not from our writers: the runtime's last words, say.
                    invocation.Pane.Say(line);
                    break;
            }
        }

        int code = server.WaitForExit();
        return Enum.IsDefined((ExitCode)code) && code != 0
            ? (ExitCode)code
            : throw new SavevmException(
                ExitCode.Failed,
                $"resume {Commands.ResumeCommand.NameOf(invocation)}",
                string.Create(CultureInfo.InvariantCulture, $"the background process ended with {code} before the guest ran"),
                "without --detach it says more");
    }
}
